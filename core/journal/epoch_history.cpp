// SPDX-License-Identifier: 0BSD
// One epoch in full: what each node was paid, what the policy said of it, and the epoch before.
#include <algorithm>
#include <map>

#include "domain/limits.hpp"
#include "journal/history.hpp"

namespace subnetd::journal {
namespace {

using namespace engine;

template <class T>
T at_or_0(const std::vector<T>& column, std::size_t row) {
  return row < column.size() ? column[row] : T{0};
}

// Of a list by row: what it says of this one, or nullptr.
template <class T>
const T* of_row(const std::vector<T>& list, std::size_t row) {
  const auto at = std::lower_bound(
      list.begin(), list.end(), row,
      [](const T& item, std::size_t wanted) { return item.row < wanted; });
  return at != list.end() && at->row == row ? &*at : nullptr;
}

EpochNode node_of(const EpochEmitted& paid, const EpochStepped& step, std::size_t row) {
  EpochNode out;
  out.amount_nano = paid.amount_nano[row];
  out.incentive = at_or_0(paid.incentive, row);
  out.score_sum_ppm = paid.score_sum_ppm[row];
  out.score_count = paid.score_count[row];
  out.dividends = at_or_0(step.dividends, row);
  out.consensus = at_or_0(step.consensus, row);
  out.trust = at_or_0(step.trust, row);
  out.validator_trust = at_or_0(step.validator_trust, row);
  if (const RowReport* report = of_row(step.reports, row)) out.report = *report;
  return out;
}

std::size_t rows_of(const EpochEmitted& paid) {
  return std::min({paid.uid.size(), paid.role.size(), paid.slot.size(), paid.amount_nano.size(),
                   paid.score_sum_ppm.size(), paid.score_count.size()});
}

using Place = std::pair<std::uint8_t, std::uint32_t>;  // role, slot

std::map<Place, std::size_t> places(const EpochEmitted& paid) {
  std::map<Place, std::size_t> rows;
  for (std::size_t i = 0; i < rows_of(paid); ++i) rows[{paid.role[i], paid.slot[i]}] = i;
  return rows;
}

}  // namespace

// The node of a row, with the name of whom it delegated to.
Result<EpochNode> History::epoch_node(const Emission& of, std::size_t row) {
  EpochNode out = node_of(of.paid, of.step, row);
  const Delegation* given = of_row(of.step.delegations, row);
  if (given == nullptr || given->parent >= of.paid.slot.size()) return out;
  out.fee_bp = given->fee_bp;
  SUBNETD_TRY(out.parent, id_at(Role::validator, of.paid.slot[given->parent], of.seq));
  return out;
}

// Empty when that epoch was not emitted.
Result<std::optional<History::Emission>> History::emission(std::uint64_t epoch) {
  SUBNETD_TRY(const bool row,
              epochs_.bind_u64(1, epoch).bind_u64(2, epoch + 1).bind(3, std::int64_t{1}).step());
  const bool emitted = row && !epochs_.is_null(4);
  Emission out;
  out.seq = emitted ? epochs_.u64(4) : 0;
  epochs_.reset();
  if (!emitted) return std::nullopt;
  SUBNETD_TRY(Fact stored, fact(out.seq));
  auto* paid = std::get_if<EpochEmitted>(&stored.body);
  if (paid == nullptr) {
    return fail(Errc::corrupt, "fact " + std::to_string(out.seq) + " is no emission");
  }
  out.paid = std::move(*paid);
  SUBNETD_TRY(const bool beside, fact_.bind_u64(1, out.seq + 1).step());
  fact_.reset();
  if (!beside) return out;  // a verdict, or nothing yet
  SUBNETD_TRY(Fact next, fact(out.seq + 1));
  if (auto* step = std::get_if<EpochStepped>(&next.body)) out.step = std::move(*step);
  return out;
}

Result<void> History::epoch_rows(const Emission& now, const std::optional<Emission>& before,
                                 std::size_t at, std::size_t end, EpochDetail& out) {
  const auto row_before = before ? places(before->paid) : std::map<Place, std::size_t>{};
  for (; at < end; ++at) {
    EpochRow item{now.paid.uid[at], static_cast<Role>(now.paid.role[at]), "", {}, std::nullopt};
    SUBNETD_TRY(item.node, epoch_node(now, at));
    const std::uint32_t slot = now.paid.slot[at];
    SUBNETD_TRY(item.id, id_at(item.role, slot, now.seq));
    if (const auto it = row_before.find({now.paid.role[at], slot}); it != row_before.end()) {
      SUBNETD_TRY(const std::uint64_t then, tenancy(item.role, slot, before->seq));
      SUBNETD_TRY(const std::uint64_t today, tenancy(item.role, slot, now.seq));
      if (then == today) {
        SUBNETD_TRY(item.before, epoch_node(*before, it->second));
      }
    }
    out.rows.items.push_back(std::move(item));
  }
  return {};
}

Result<EpochDetail> History::epoch(std::uint64_t number, std::uint64_t first_row,
                                   std::size_t limit) {
  return in_transaction<EpochDetail>([&]() -> Result<EpochDetail> {
    EpochDetail out;
    SUBNETD_TRY(
        const bool row,
        epochs_.bind_u64(1, number).bind_u64(2, number + 1).bind(3, std::int64_t{1}).step());
    if (!row) {
      return fail(Errc::not_found, "no epoch " + std::to_string(number) + " was closed yet");
    }
    SUBNETD_TRY(out.epoch, epoch_item());
    epochs_.reset();
    SUBNETD_TRY(const std::optional<Emission> now, emission(number));
    if (!now) return out;
    std::optional<Emission> before;
    if (number > 1) {
      SUBNETD_TRY(before, emission(number - 1));
    }
    out.after_another = before.has_value();
    const std::size_t rows = rows_of(now->paid);
    for (std::size_t i = 0; i < rows; ++i) {
      out.uids = std::max(out.uids, now->paid.uid[i] + 1);
      if (static_cast<Role>(now->paid.role[i]) != Role::miner) continue;
      out.miner_uid.push_back(now->paid.uid[i]);
      out.miner_nano.push_back(now->paid.amount_nano[i]);
    }
    const std::size_t size = std::clamp<std::size_t>(limit, 1, limits::read_rows_max);
    const std::size_t at = std::min<std::size_t>(first_row, rows);
    const std::size_t end = std::min(rows, at + size);
    SUBNETD_CHECK(epoch_rows(*now, before, at, end, out));
    if (end < rows) out.rows.next = end;
    return out;
  });
}

}  // namespace subnetd::journal
