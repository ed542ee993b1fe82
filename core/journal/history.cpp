// SPDX-License-Identifier: 0BSD
#include "journal/history.hpp"

#include <algorithm>
#include <limits>

#include "domain/limits.hpp"
#include "domain/node.hpp"
#include "journal/fact_codec.hpp"
#include "journal/read_model.hpp"

namespace subnetd::journal {
namespace {

using namespace engine;

constexpr std::uint64_t seq_max = std::numeric_limits<std::int64_t>::max();

std::size_t page_size(std::size_t limit) {
  return std::clamp<std::size_t>(limit, 1, limits::read_rows_max);
}

// What a fact did to a node, in words.
std::string typed(const std::string& model_type, const std::string& detector) {
  return detector.empty() ? model_type : model_type + " by " + detector;
}

struct Describe {
  NodeEventItem operator()(const NodePut& f) const {
    std::string detail;
    if (f.role == Role::miner) detail = typed(f.model_type, f.detector);
    if (!f.record.key.empty())
      detail.append(detail.empty() ? "" : ", ").append("key ").append(f.record.key);
    return {0, 0, f.fresh ? "registered" : "changed", std::move(detail), f.record.endpoint};
  }
  NodeEventItem operator()(const NodeRemoved&) const { return {0, 0, "removed", ""}; }
  NodeEventItem operator()(const StatusSet& f) const {
    std::string detail = status_name(f.status);
    if (f.reason != StatusReason::none) detail.append(": ").append(status_reason_text(f.reason));
    return {0, 0, "status", std::move(detail)};
  }
  NodeEventItem operator()(const Retyped& f) const {
    return {0, 0, "retyped", typed(f.model_type, f.detector)};
  }
  template <class Other>
  NodeEventItem operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Result<std::unique_ptr<History>> History::open(const std::string& path) {
  std::unique_ptr<History> out(new History);
  SUBNETD_TRY(out->reader_, JournalReader::open(path));
  SUBNETD_CHECK(out->prepare());
  return out;
}

Result<void> History::prepare() {
  Database& db = reader_->database();
  SUBNETD_TRY(fact_, db.prepare("SELECT json,blob FROM fact WHERE seq=?1"));
  SUBNETD_TRY(tenant_, db.prepare("SELECT seq FROM node WHERE role=?1 AND slot=?2 AND seq<=?3 "
                                  "AND kind=1 ORDER BY seq DESC LIMIT 1"));
  SUBNETD_TRY(stays_, db.prepare("SELECT seq FROM node WHERE id_hash=?1 ORDER BY seq"));
  SUBNETD_TRY(stay_end_, db.prepare("SELECT seq FROM node WHERE role=?1 AND slot=?2 AND seq>?3 "
                                    "AND kind=1 ORDER BY seq LIMIT 1"));
  SUBNETD_TRY(turn_, db.prepare("SELECT seq_first,now_ms,n FROM turn WHERE seq_first<=?1 "
                                "ORDER BY seq_first DESC LIMIT 1"));
  SUBNETD_TRY(verdicts_,
              db.prepare("SELECT seq,lead,miner,validator,score,fate,after_ms FROM verdict "
                         "WHERE seq>=?1 AND seq<?2 ORDER BY seq DESC"));
  SUBNETD_TRY(epochs_,
              db.prepare("SELECT epoch,closed_ms,block,held_seq,emitted_seq,emitted_ms,policy,"
                         "budget_nano,founder_nano,dust_nano,unallocated_nano,nodes FROM epoch "
                         "WHERE epoch>=?1 AND epoch<?2 ORDER BY epoch DESC LIMIT ?3"));
  SUBNETD_TRY(events_, db.prepare("SELECT seq FROM node WHERE role=?1 AND slot=?2 AND seq>=?3 "
                                  "AND seq<?4 ORDER BY seq DESC LIMIT ?5"));
  return {};
}

Result<Fact> History::fact(std::uint64_t seq) {
  SUBNETD_TRY(const bool row, fact_.bind_u64(1, seq).step());
  Result<Fact> out = row ? decode(fact_.text(0), fact_.blob(1))
                         : fail(Errc::corrupt, "fact " + std::to_string(seq) + " is missing");
  fact_.reset();
  return out;
}

// The registration of who was in this slot then.
Result<std::uint64_t> History::tenancy(Role role, std::uint32_t slot, std::uint64_t seq) {
  SUBNETD_TRY(const bool row, tenant_.bind(1, static_cast<std::int64_t>(role))
                                  .bind(2, std::int64_t{slot})
                                  .bind_u64(3, seq)
                                  .step());
  const std::uint64_t registered = row ? tenant_.u64(0) : 0;
  tenant_.reset();
  if (!row) return fail(Errc::corrupt, "no node in slot " + std::to_string(slot));
  return registered;
}

Result<std::string> History::id_at(Role role, std::uint32_t slot, std::uint64_t seq) {
  if (slot == none) return std::string(role == Role::validator ? agent_validator : "");
  SUBNETD_TRY(const std::uint64_t registered, tenancy(role, slot, seq));
  SUBNETD_TRY(const Fact put, fact(registered));
  const auto* node = std::get_if<NodePut>(&put.body);
  if (node == nullptr) {
    return fail(Errc::corrupt, "fact " + std::to_string(registered) + " is no registration");
  }
  return node->record.id;
}

Result<std::vector<History::Stay>> History::stays(std::string_view id) {
  std::vector<std::uint64_t> registered;
  SUBNETD_TRY(bool row, stays_.bind(1, id_hash(id)).step());
  while (row) {
    registered.push_back(stays_.u64(0));
    SUBNETD_TRY(row, stays_.step());
  }
  stays_.reset();
  std::vector<Stay> out;
  for (const std::uint64_t seq : registered) {
    SUBNETD_TRY(const Fact put, fact(seq));
    const auto* node = std::get_if<NodePut>(&put.body);
    if (node == nullptr) {
      return fail(Errc::corrupt, "fact " + std::to_string(seq) + " is no registration");
    }
    if (node->record.id != id) continue;  // shares the hash
    SUBNETD_TRY(const bool next, stay_end_.bind(1, static_cast<std::int64_t>(node->role))
                                     .bind(2, std::int64_t{node->slot})
                                     .bind_u64(3, seq)
                                     .step());
    out.push_back({node->role, node->slot, seq, next ? stay_end_.u64(0) : seq_max});
    stay_end_.reset();
  }
  return out;
}

// The first fact of the last turn that began before since_ms: its later facts may be after that.
Result<std::uint64_t> History::seq_since(std::int64_t since_ms) {
  std::uint64_t low = 1;
  SUBNETD_TRY(std::uint64_t high, reader_->head());
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    SUBNETD_TRY(const bool row, turn_.bind_u64(1, middle).step());
    const std::uint64_t first = row ? turn_.u64(0) : middle;
    const bool before = !row || turn_.integer(1) < since_ms;  // without a row: removed since
    const std::uint64_t last = row ? first + turn_.u64(2) - 1 : middle;
    turn_.reset();
    if (!before) {
      high = first > low ? first - 1 : low;
    } else if (last >= high) {
      return first;
    } else {
      low = std::max(middle, last);
    }
  }
  SUBNETD_TRY(const bool row, turn_.bind_u64(1, low).step());
  if (row) low = turn_.u64(0);
  turn_.reset();
  return low;
}

Result<ValidationItem> History::validation(std::uint64_t seq) {
  SUBNETD_TRY(const bool turn, turn_.bind_u64(1, seq).step());
  const std::int64_t turn_ms = turn ? turn_.integer(1) : 0;
  turn_.reset();
  VerdictRow row{.lead = verdicts_.integer(1),
                 .miner = verdicts_.integer(2),
                 .validator = std::nullopt,
                 .score = verdicts_.integer(4),
                 .fate = verdicts_.integer(5),
                 .after_ms = verdicts_.integer(6)};
  if (!verdicts_.is_null(3)) row.validator = verdicts_.integer(3);
  SUBNETD_TRY(const Fact found, from_row(row, seq, turn_ms));
  const auto& verdict = std::get<engine::Verdict>(found.body);
  ValidationItem out;
  out.seq = seq;
  out.at_ms = found.now_ms;
  out.request = verdict.request;
  out.outcome = verdict.outcome;
  out.score_ppm = verdict.score_ppm;
  SUBNETD_TRY(out.miner, id_at(Role::miner, verdict.miner, seq));
  SUBNETD_TRY(out.validator, id_at(Role::validator, verdict.validator, seq));
  if (verdict.retry != none) {
    SUBNETD_TRY(out.retry, id_at(Role::validator, verdict.retry, seq));
  }
  return out;
}

Result<Page<ValidationItem>> History::scan(const std::vector<Stay>* of, std::uint64_t from,
                                           std::uint64_t before, std::size_t limit) {
  const auto wanted = [&](std::uint64_t seq, std::int64_t slot) {
    if (of == nullptr) return true;
    return std::any_of(of->begin(), of->end(), [&](const Stay& stay) {
      return stay.role == Role::miner && std::int64_t{stay.slot} == slot && seq >= stay.first &&
             seq < stay.end;
    });
  };
  Page<ValidationItem> out;
  SUBNETD_TRY(bool row, verdicts_.bind_u64(1, from).bind_u64(2, before).step());
  for (std::uint64_t scanned = 0; row; ++scanned) {
    const std::uint64_t seq = verdicts_.u64(0);
    if (out.items.size() == limit || scanned == rows_scanned_max) {
      out.next = seq + 1;
      break;
    }
    if (wanted(seq, verdicts_.integer(2))) {
      SUBNETD_TRY(ValidationItem item, validation(seq));
      out.items.push_back(std::move(item));
    }
    SUBNETD_TRY(row, verdicts_.step());
  }
  return out;
}

Result<Page<ValidationItem>> History::validations(std::string_view miner, std::int64_t since_ms,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) {
  return in_transaction<Page<ValidationItem>>([&]() -> Result<Page<ValidationItem>> {
    std::vector<Stay> of;
    SUBNETD_TRY(std::uint64_t from, seq_since(since_ms));
    std::uint64_t end = before.value_or(seq_max);
    if (!miner.empty()) {
      SUBNETD_TRY(of, stays(miner));
      if (of.empty()) {
        return fail(Errc::not_found, "no miner " + std::string(miner) + " was ever here");
      }
      from = std::max(from, of.front().first);
      end = std::min(end, of.back().end);
    }
    SUBNETD_TRY(auto page, scan(miner.empty() ? nullptr : &of, from, end, page_size(limit)));
    std::erase_if(page.items, [&](const ValidationItem& item) { return item.at_ms < since_ms; });
    return page;
  });
}

Result<EpochItem> History::epoch_item() {
  EpochItem out;
  out.epoch = epochs_.u64(0);
  out.closed_at_ms = epochs_.integer(1);
  out.block = epochs_.u64(2);
  out.emitted = !epochs_.is_null(4);
  out.held = !epochs_.is_null(3) && !out.emitted;
  out.emitted_at_ms = epochs_.integer(5);
  out.policy = epochs_.text(6);
  out.budget_nano = epochs_.u64(7);
  out.founder_nano = epochs_.u64(8);
  out.dust_nano = epochs_.u64(9);
  out.unallocated_nano = epochs_.u64(10);
  out.nodes = epochs_.u64(11);
  if (out.held) {
    SUBNETD_TRY(const Fact held, fact(epochs_.u64(3)));
    if (const auto* why = std::get_if<EpochHeld>(&held.body)) out.held_reason = why->reason;
  }
  return out;
}

Result<Page<EpochItem>> History::epochs(std::optional<std::uint64_t> before, std::size_t limit) {
  return in_transaction<Page<EpochItem>>([&]() -> Result<Page<EpochItem>> {
    const std::size_t size = page_size(limit);
    Page<EpochItem> out;
    SUBNETD_TRY(bool row, epochs_.bind(1, std::int64_t{0})
                              .bind_u64(2, before.value_or(seq_max))
                              .bind_u64(3, size + 1)
                              .step());
    while (row && out.items.size() < size) {
      SUBNETD_TRY(EpochItem item, epoch_item());
      out.items.push_back(std::move(item));
      SUBNETD_TRY(row, epochs_.step());
    }
    if (row) out.next = out.items.back().epoch;
    return out;
  });
}

Result<NodeEventItem> History::node_event(std::uint64_t seq) {
  SUBNETD_TRY(const Fact found, fact(seq));
  NodeEventItem out = std::visit(Describe{}, found.body);
  out.seq = seq;
  out.at_ms = found.now_ms;
  return out;
}

Result<Page<NodeEventItem>> History::timeline(std::string_view id,
                                              std::optional<std::uint64_t> before,
                                              std::size_t limit) {
  return in_transaction<Page<NodeEventItem>>([&]() -> Result<Page<NodeEventItem>> {
    SUBNETD_TRY(std::vector<Stay> all, stays(id));
    if (all.empty()) return fail(Errc::not_found, "no node " + std::string(id) + " was ever here");
    std::reverse(all.begin(), all.end());
    const std::size_t size = page_size(limit);
    std::vector<std::uint64_t> found;
    for (const Stay& stay : all) {
      if (found.size() > size) break;
      SUBNETD_TRY(bool row, events_.bind(1, static_cast<std::int64_t>(stay.role))
                                .bind(2, std::int64_t{stay.slot})
                                .bind_u64(3, stay.first)
                                .bind_u64(4, std::min(stay.end, before.value_or(seq_max)))
                                .bind_u64(5, size + 1)
                                .step());
      while (row) {
        found.push_back(events_.u64(0));
        SUBNETD_TRY(row, events_.step());
      }
      events_.reset();
    }
    Page<NodeEventItem> out;
    for (const std::uint64_t seq : found) {
      if (out.items.size() == size) {
        out.next = out.items.back().seq;
        break;
      }
      SUBNETD_TRY(NodeEventItem item, node_event(seq));
      out.items.push_back(std::move(item));
    }
    return out;
  });
}

}  // namespace subnetd::journal
