// SPDX-License-Identifier: 0BSD
// What happened, for people: validations, epochs and the life of a node, newest first, by pages.
// Reads SQLite on the io side, beside the daemon that writes; each call is one short transaction
// over a bounded number of verdicts. Slots are named by the ids that held them at that time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/emission.hpp"
#include "domain/error.hpp"
#include "domain/validation.hpp"
#include "engine/fact.hpp"
#include "journal/reader.hpp"

namespace subnetd::journal {

// A page; `next` continues it, absent at the end. A page may be short and still have a next.
template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<std::uint64_t> next;
};

struct ValidationItem {
  std::uint64_t seq = 0;
  std::int64_t at_ms = 0;
  std::uint64_t request = 0;
  std::string miner;
  std::string validator;  // "@agent" for the daemon's own
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  std::string retry;  // the validator that was asked instead; may be empty
};

struct EpochItem {
  std::uint64_t epoch = 0;
  std::int64_t closed_at_ms = 0;
  std::uint64_t block = 0;
  bool held = false;  // the policy could not answer, and has not been asked since
  std::string held_reason;
  bool emitted = false;  // what follows holds then
  std::int64_t emitted_at_ms = 0;
  std::string policy;
  std::uint64_t budget_nano = 0, founder_nano = 0, dust_nano = 0, unallocated_nano = 0;
  std::uint64_t nodes = 0;
};

// What one epoch said of a node.
struct EpochNode {
  std::uint64_t amount_nano = 0;
  std::uint16_t incentive = 0, dividends = 0, consensus = 0, trust = 0, validator_trust = 0;
  std::uint64_t score_sum_ppm = 0;
  std::uint32_t score_count = 0;
  std::optional<RowReport> report;  // validators that rated somebody
  std::string parent;               // the id of whom it delegated its weights to
  std::uint32_t fee_bp = 0;
};

struct EpochRow {
  std::uint32_t uid = 0;
  Role role = Role::none;
  std::string id;
  EpochNode node;
  std::optional<EpochNode> before;  // in the last emitted epoch, where the same node was in it
};

struct EpochDetail {
  EpochItem epoch;
  Page<EpochRow> rows;  // by uid; the cursor is the row's number
  bool after_another = false;  // an epoch was emitted before
  std::uint32_t uids = 0;      // one more than the highest
  std::vector<std::uint32_t> miner_uid;  // of all rows
  std::vector<std::uint64_t> miner_nano;
};

struct NodeEventItem {
  std::uint64_t seq = 0;
  std::int64_t at_ms = 0;
  std::string what;           // registered, changed, removed, status, retyped
  std::string detail;         // for people: the type, the status and its reason, the key
  std::string endpoint = {};  // of registrations and changes; not for everyone's eyes
};

class History {
 public:
  // A call looks at no more verdict rows than this; the page's cursor goes on from there.
  static constexpr std::uint64_t rows_scanned_max = 200'000;

  static Result<std::unique_ptr<History>> open(const std::string& path);

  // Of one miner id, or of all when empty; at or after since_ms. `before`: a page's next.
  Result<Page<ValidationItem>> validations(std::string_view miner, std::int64_t since_ms,
                                           std::optional<std::uint64_t> before, std::size_t limit);
  Result<Page<EpochItem>> epochs(std::optional<std::uint64_t> before, std::size_t limit);
  // Errc::not_found when there is no such epoch.
  Result<EpochDetail> epoch(std::uint64_t number, std::uint64_t first_row, std::size_t limit);
  // Everyone who ever had this id. Errc::not_found when nobody did.
  Result<Page<NodeEventItem>> timeline(std::string_view id, std::optional<std::uint64_t> before,
                                       std::size_t limit);

 private:
  // What was paid, and what was said beside it.
  struct Emission {
    std::uint64_t seq = 0;
    engine::EpochEmitted paid;
    engine::EpochStepped step;
  };
  // One stay of an id in a slot: from its registration until the slot's next.
  struct Stay {
    Role role = Role::none;
    std::uint32_t slot = 0;
    std::uint64_t first = 0, end = 0;
  };

  History() = default;
  Result<void> prepare();
  template <class T, class Work>
  Result<T> in_transaction(Work&& work);
  Result<engine::Fact> fact(std::uint64_t seq);
  Result<std::string> id_at(Role role, std::uint32_t slot, std::uint64_t seq);
  Result<std::vector<Stay>> stays(std::string_view id);
  Result<std::uint64_t> seq_since(std::int64_t since_ms);
  Result<ValidationItem> validation(std::uint64_t seq);
  Result<Page<ValidationItem>> scan(const std::vector<Stay>* stays, std::uint64_t from,
                                    std::uint64_t before, std::size_t limit);
  Result<EpochItem> epoch_item();
  Result<std::optional<Emission>> emission(std::uint64_t epoch);
  Result<std::uint64_t> tenancy(Role role, std::uint32_t slot, std::uint64_t seq);
  Result<EpochNode> epoch_node(const Emission& of, std::size_t row);
  Result<void> epoch_rows(const Emission& now, const std::optional<Emission>& before,
                          std::size_t at, std::size_t end, EpochDetail& out);
  Result<NodeEventItem> node_event(std::uint64_t seq);

  std::unique_ptr<JournalReader> reader_;
  Statement fact_, tenant_, stays_, stay_end_, turn_, verdicts_, epochs_, events_;
};

template <class T, class Work>
Result<T> History::in_transaction(Work&& work) {
  SUBNETD_CHECK(reader_->database().exec("BEGIN"));
  Result<T> out = work();
  for (Statement* statement :
       {&fact_, &tenant_, &stays_, &stay_end_, &turn_, &verdicts_, &epochs_, &events_}) {
    statement->reset();
  }
  SUBNETD_CHECK(reader_->database().exec("COMMIT"));
  return out;
}

}  // namespace subnetd::journal
