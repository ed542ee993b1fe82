// SPDX-License-Identifier: 0BSD
// All a subnet is, in memory: dense slots inside, ids outside. Only apply() changes it. The columns
// a matcher sees are kept as columns, so that asking one copies nothing; the rest is rows.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/limits.hpp"
#include "domain/node.hpp"
#include "domain/ppm.hpp"
#include "engine/fact.hpp"
#include "domain/hash.hpp"
#include "engine/id_index.hpp"
#include "engine/text_arena.hpp"

namespace subnetd::engine {

using TypeId = std::uint32_t;
inline constexpr TypeId type_unknown = 0;
inline constexpr TypeId type_any = 0xffffffffu;

// The last five scores of a miner, packed; 20 bits each.
class ScoreWindow {
 public:
  void push(Ppm score);
  std::uint32_t size() const { return static_cast<std::uint32_t>(words_[1] >> 60); }
  bool full() const { return size() == 5; }
  Ppm mean() const;
  // How many of the latest scores in a row are at least `score_min`, up to five.
  std::uint32_t streak(Ppm score_min) const;
  Ppm at(std::uint32_t age) const;  // 0: the latest
  std::array<std::uint64_t, 2> words() const { return words_; }
  void restore(std::array<std::uint64_t, 2> words) { words_ = words; }

 private:
  std::array<std::uint64_t, 2> words_{};
};

struct MinerRow {
  std::uint32_t text = 0;
  std::uint32_t uid = 0;
  std::uint32_t order = 0;            // registration order, unique among all nodes
  std::uint32_t updated_after_s = 0;  // last_update, as seconds since registered_at
  std::int64_t registered_at_ms = 0;
  ScoreWindow window;
  Ppm confidence_ppm = 0;
  Ppm reliability_ppm = ppm_one;
  Ppm previous_mean_ppm = none;  // of the last epoch; none: no verdict then
  std::uint32_t ledger_head = none;
  std::uint8_t detector = 0;  // 0 also once 255 names are used up
  Status status = Status::active;
  StatusReason reason = StatusReason::none;
  Protocol protocol = Protocol::module;
  std::uint8_t misses = 0;  // in a row; while inactive: failed re-probes, due every 2^misses rounds
  std::uint8_t skip = 0;    // due rounds to let pass
  std::uint8_t open = 0;    // requests under way, re-probes of validators apart
  std::uint8_t marks = 0;

  static constexpr std::uint8_t carried_mark = 1;  // carried once this epoch
  static constexpr std::uint8_t flagged_mark = 2;  // outlives inactive and draining
  static constexpr std::uint8_t tried_on_mark = 4;  // an inactive validator is tried on it
  bool carried() const { return (marks & carried_mark) != 0; }
  bool flagged() const { return (marks & flagged_mark) != 0; }
  bool tried_on() const { return (marks & tried_on_mark) != 0; }
};
static_assert(sizeof(MinerRow) == 64, "a million of them must fit");

struct MinerColumns {
  std::vector<std::uint8_t> state;    // SBN_SLOT_…
  std::vector<std::uint32_t> type;
  std::vector<std::uint32_t> owner;
  std::vector<std::uint32_t> region;
  std::vector<std::uint32_t> current;  // [slot * redundancy + copy]
  std::vector<std::uint32_t> since_s;  // like current: when, in seconds since genesis
  std::vector<std::uint8_t> why;       // like current: UnmatchedReason
  // Registration order, 0 where nobody is; empty until a slot is used again.
  std::vector<std::uint64_t> order;
};

struct ValidatorRow {
  NodeRecord record;
  std::uint32_t uid = 0;
  std::uint32_t order = 0;
  std::int64_t registered_at_ms = 0;
  std::int64_t last_update_ms = 0;
  std::uint64_t last_verdict_block = 0;
  std::uint64_t stake_nano = 0;
  bool has_stake = false;
  Ppm reliability_ppm = ppm_one;
  Status status = Status::active;
  StatusReason reason = StatusReason::none;
  std::uint32_t misses = 0;
  std::uint32_t backoff = 0;
  std::int64_t probe_at_ms = 0;  // when an inactive one is tried again
  std::uint32_t load = 0;        // copies matched to it
  std::uint32_t open = 0;
  std::vector<TypeId> types;  // type_any among them for "*"
  std::uint32_t owner = 0;
  std::uint32_t region = 0;
  std::uint32_t parent = none;     // the validator it delegates its weights to, as long as
  std::uint32_t parent_order = 0;  // that is still of this registration
  std::uint16_t fee_bp = 0;        // what the parent keeps of its dividends
};

struct OpenRequest {
  std::uint32_t miner = none;
  std::uint32_t copy = 0;
  std::uint32_t validator = none;  // none: the daemon itself judges
  bool reprobe = false;            // tries an inactive validator; never scored
  std::vector<std::uint32_t> tried;
  Challenge seed{};
  std::int64_t since_ms = 0;
};

// Verdicts of one validator on one miner within an epoch; never a stored mean.
struct LedgerCell {
  std::uint32_t miner = none;
  std::uint32_t validator = none;        // slot; none: @agent
  std::uint32_t validator_order = none;  // tells a slot's later tenant apart
  std::uint32_t count = 0;
  std::uint64_t sum_ppm = 0;
  std::int64_t last_ms = 0;
  std::uint32_t next = none;  // the miner's next cell
};

struct Ledger {
  std::vector<LedgerCell> cells;
  std::uint64_t verdicts = 0;
};

// Text <-> small numbers, in order of first use. Number 0 is "".
class Names {
 public:
  Names() { put(""); }
  std::uint32_t put(std::string_view name);
  std::uint32_t find(std::string_view name) const;  // none when absent
  const std::string& at(std::uint32_t number) const { return names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash64(text); }
  };
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
};

struct EpochClock {
  std::uint64_t open = 1;           // number of the running epoch
  std::int64_t opened_at_ms = 0;
  std::uint64_t closed = 0;         // being computed or held; 0 none
  std::int64_t closed_at_ms = 0;
  std::uint64_t closed_block = 0;
  std::uint64_t last_emitted = 0;
  std::uint64_t last_step_block = 0;
  bool held = false;
  std::int64_t held_at_ms = 0;
  std::string held_reason;
  Challenge seed{};
};

// What the last epoch left for the next. Rows are nodes by registration order, so that who took a
// leaver's uid finds nothing.
struct EpochStep {
  std::vector<std::uint32_t> order;
  std::vector<std::uint8_t> permit;
  Csr16 bonds;  // columns are rows of `order`
};

struct IdempotentWrite {
  std::uint64_t body = 0;
  std::int64_t at_ms = 0;
  Role role = Role::none;  // none: an epoch was closed
  std::string id;          // of the node; the epoch's number
};

struct Mapping {
  std::string pattern;
  TypeId type = type_unknown;
  std::uint64_t order = 0;
};

inline constexpr std::size_t wheel_buckets = 4096;
inline constexpr std::int64_t block_ms = 8'000;  // of a block, where there is no chain

struct State {
  std::int64_t genesis_ms = 0;
  std::int64_t now_ms = 0;  // of the last fact
  std::uint64_t facts = 0;  // applied so far: the journal's sequence
  std::uint64_t boot = 0;
  Digest digest;  // over what every apply() wrote
  Settings settings;

  std::vector<std::string> types{"unknown"};  // by TypeId
  std::vector<std::uint8_t> declared{0};      // by TypeId: a loaded detector answers it
  Names owners;     // keys
  Names regions;
  Names detectors;
  std::map<std::string, Mapping> mappings;  // by pattern
  std::uint64_t mapping_order = 0;

  TextArena text;
  std::vector<MinerRow> miners;
  MinerColumns columns;
  IdIndex miner_index;
  std::set<std::uint32_t> free_miners;
  std::uint64_t miner_count = 0;
  std::vector<std::vector<std::uint32_t>> wheel;  // by bucket: slots, ascending

  std::vector<ValidatorRow> validators;  // free: uid == none
  std::map<std::string, std::uint32_t, std::less<>> validator_index;
  std::set<std::uint32_t> free_validators;
  std::set<std::uint32_t> lost_validators;  // inactive by misses

  std::uint32_t next_order = 1;
  std::uint32_t next_uid = 0;
  std::set<std::uint32_t> free_uids;

  std::uint64_t next_request = 1;
  std::map<std::uint64_t, OpenRequest> open;
  std::int64_t due_ms = 0;
  std::int64_t rebalanced_ms = 0;

  Ledger ledger;         // of the running epoch
  Ledger closed_ledger;  // of the closed one, until it is emitted
  EpochClock epoch;
  EpochStep step;
  std::map<std::uint64_t, IdempotentWrite> idempotency;
  std::uint64_t verdicts_total = 0;
  // Signed writes by the time they grow too old, and their hash: none of them counts twice.
  std::set<std::pair<std::int64_t, std::uint64_t>> signed_writes;

  // Writes columns.order.
  void order_miners();
  bool miners_in_order() const;  // by slot

  // ---- reading -----------------------------------------------------------------------------
  // Of the first miner with this key; empty when there is none.
  std::optional<std::uint32_t> miner_uid_of(std::string_view key) const;
  std::uint32_t redundancy() const { return settings.redundancy; }
  std::uint32_t find_miner(std::string_view id) const;      // none when absent
  std::uint32_t find_validator(std::string_view id) const;  // none when absent
  bool miner_alive(std::uint32_t slot) const {
    return slot < miners.size() && columns.state[slot] != 0;
  }
  bool validator_alive(std::uint32_t slot) const {
    return slot < validators.size() && validators[slot].uid != none;
  }
  // Whom it delegates its weights to; none when to nobody, or when that one is gone or another now.
  std::uint32_t parent_of(std::uint32_t slot) const {
    const ValidatorRow& row = validators[slot];
    const bool stands = row.parent != none && validator_alive(row.parent) &&
                        validators[row.parent].order == row.parent_order;
    return stands ? row.parent : none;
  }
  // Some validator that delegates to it; none when nobody does.
  std::uint32_t child_of(std::uint32_t slot) const {
    for (std::uint32_t v = 0; v < validators.size(); ++v) {
      if (validator_alive(v) && parent_of(v) == slot) return v;
    }
    return none;
  }
  NodeText miner_text(std::uint32_t slot) const { return text.at(miners[slot].text); }
  std::string_view miner_id(std::uint32_t slot) const { return text.id_at(miners[slot].text); }
  NodeRecord miner_record(std::uint32_t slot) const;
  std::uint32_t& current(std::uint32_t miner, std::uint32_t copy) {
    return columns.current[std::size_t{miner} * settings.redundancy + copy];
  }
  std::uint32_t current(std::uint32_t miner, std::uint32_t copy) const {
    return columns.current[std::size_t{miner} * settings.redundancy + copy];
  }
  TypeId find_type(std::string_view type) const;  // none when undeclared
  const std::string& type_name(TypeId type) const;
  std::uint64_t block_at(std::int64_t ms) const {
    return static_cast<std::uint64_t>((ms - genesis_ms) / block_ms);
  }
  std::int64_t epoch_end_ms() const;    // when the running epoch closes
  std::uint64_t memory_bytes() const;  // of what grows with miners
};

// Whether a validator may be given a copy of a miner; none means yes.
UnmatchedReason why_not(const State& state, std::uint32_t miner, std::uint32_t copy,
                        std::uint32_t validator);
bool serves(const ValidatorRow& validator, TypeId type);
// The operator's mapping that decides this namespace: exact, else the longest glob that matches.
// `without`: as if that one were not there.
const Mapping* find_mapping(const State& state, std::string_view name_space,
                            const Mapping* without = nullptr);
// The miners whose namespace this pattern decides, ascending.
std::vector<std::uint32_t> miners_mapped_by(const State& state, std::string_view pattern);
bool glob_match(std::string_view pattern, std::string_view text);

// The emission policy's input for the running epoch, as if it closed now.
EmissionInput emission_preview(const State& state, std::int64_t now_ms);

// Over the whole content, whatever order it was reached in: equal states hash equal.
std::uint64_t content_hash(const State& state);

}  // namespace subnetd::engine
