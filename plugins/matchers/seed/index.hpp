// SPDX-License-Identifier: 0BSD
// The index of the matcher `seed`: who holds whom, which validators have a free place (ordered by
// least load, highest reliability, earliest registration) and which open copies wait. Every change
// goes through three row writes, and each can be undone: that is how a proposal leaves no trace.
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include <subnet/matcher.hpp>

namespace seed {

// Sorted best first: what a miner's next validator is taken from.
struct Rank {
  uint32_t load;
  uint32_t unreliability_ppm;
  uint64_t order;
  uint32_t slot;
  auto operator<=>(const Rank&) const = default;
};

// Sorted by registration, then by copy.
struct Waiter {
  uint64_t order;
  uint32_t miner;
  uint32_t copy;
  auto operator<=>(const Waiter&) const = default;
};

struct MinerRow {
  uint64_t order = 0;
  uint32_t type = SBN_TYPE_UNKNOWN;
  bool open = false;
};

struct ValidatorRow {
  uint8_t state = SBN_SLOT_FREE;
  uint32_t capacity = 0;
  uint32_t unreliability_ppm = 0;
  uint64_t order = 0;
  std::vector<uint32_t> types;  // sorted; SBN_TYPE_ANY is the last
};

class Index {
 public:
  void load(const subnet::match_view& view);
  // Bring one row to what the view shows.
  void sync_miner(const subnet::match_view& view, uint32_t miner);
  void sync_validator(const subnet::match_view& view, uint32_t validator);

  // Give copy of miner to validator, or take it away with SBN_NONE.
  void hold(uint32_t miner, uint32_t copy, uint32_t validator);

  // The best validator for this copy, or SBN_NONE and the reason.
  uint32_t choose(const subnet::match_view& view, uint32_t miner, uint32_t& reason) const;
  // Somebody has a place for a miner of that type.
  bool has_place(uint32_t type) const {
    return !places(type).empty() || !places(SBN_TYPE_ANY).empty();
  }
  const std::set<Rank>& places(uint32_t type) const { return entry(places_, type); }
  const std::set<Waiter>& waiting(uint32_t type) const { return entry(waiting_, type); }
  std::vector<uint32_t> waiting_types() const;
  bool allowed(const subnet::match_view& view, uint32_t miner, uint32_t validator,
               bool& own) const;

  uint32_t redundancy() const { return redundancy_; }
  uint32_t held(uint32_t miner, uint32_t copy) const {
    return held_[size_t{miner} * redundancy_ + copy];
  }
  bool knows(uint32_t miner) const { return miner < miners_.size() && miners_[miner].open; }
  const MinerRow& miner(uint32_t slot) const { return miners_[slot]; }
  const ValidatorRow& validator(uint32_t slot) const { return validators_[slot]; }
  size_t miners() const { return miners_.size(); }
  size_t validators() const { return validators_.size(); }
  uint32_t load_of(uint32_t validator) const { return loads_[validator]; }
  Rank rank(uint32_t v) const {
    return {loads_[v], validators_[v].unreliability_ppm, validators_[v].order, v};
  }
  uint32_t serving(uint32_t type) const;  // open or full, not draining

  void begin_trial() { recording_ = true; }
  void undo_trial();

 private:
  struct Change {
    enum class Kind : uint8_t { miner, validator, hold } kind;
    uint32_t slot;
    uint32_t copy = 0;
    uint32_t held = SBN_NONE;
    MinerRow miner = {};
    ValidatorRow validator = {};
  };
  template <class Set>
  static const Set& entry(const std::map<uint32_t, Set>& map, uint32_t type) {
    static const Set none;
    const auto found = map.find(type);
    return found == map.end() ? none : found->second;
  }
  void put_miner(uint32_t slot, MinerRow row);
  void put_validator(uint32_t slot, ValidatorRow row);
  void list(uint32_t validator);
  void unlist(uint32_t validator);
  bool has_room(uint32_t v) const {
    return validators_[v].state == SBN_SLOT_OPEN && loads_[v] < validators_[v].capacity;
  }
  void reload(uint32_t validator, int change);
  void resize(size_t miners, size_t validators);

  uint32_t redundancy_ = 1;
  std::vector<MinerRow> miners_;
  std::vector<uint32_t> held_;  // [miner * redundancy + copy]
  std::vector<ValidatorRow> validators_;
  std::vector<uint32_t> loads_;
  std::map<uint32_t, std::set<Rank>> places_;
  std::map<uint32_t, uint32_t> serving_;
  std::map<uint32_t, std::set<Waiter>> waiting_;
  bool recording_ = false;
  std::vector<Change> changes_;
};

}  // namespace seed
