// SPDX-License-Identifier: 0BSD
// What one epoch leaves for the next: permits and bonds, by who registered when.
#include <algorithm>

#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

// Values of sbn_emission_out.bonds_row.
constexpr std::uint8_t keep = 0, set = 1;

// Registration order -> row.
class RowOf {
 public:
  template <class Orders>
  explicit RowOf(const Orders& orders) {
    rows_.reserve(orders.size());
    for (std::uint32_t i = 0; i < orders.size(); ++i) rows_.push_back({orders[i], i});
    std::sort(rows_.begin(), rows_.end());
  }
  std::uint32_t operator()(std::uint64_t order) const {
    const auto it = std::lower_bound(rows_.begin(), rows_.end(), std::pair(order, 0u));
    return it == rows_.end() || it->first != order ? none : it->second;
  }
  template <class Orders>
  std::vector<std::uint32_t> renumber(const Orders& orders) const {
    std::vector<std::uint32_t> rows;
    rows.reserve(orders.size());
    for (const auto order : orders) rows.push_back((*this)(order));
    return rows;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint32_t>> rows_;
};

bool any(const auto& column) {
  return std::any_of(column.begin(), column.end(), [](auto value) { return value != 0; });
}

// The bonds of row `from` of `bonds`, whose columns are renumbered by `to`; who left is left out.
void append_row(Csr16& out, const Csr16& bonds, std::size_t from,
                const std::vector<std::uint32_t>& to) {
  std::vector<std::pair<std::uint32_t, std::uint16_t>> cells;
  for (std::uint64_t i = bonds.row_at[from]; i < bonds.row_at[from + 1]; ++i) {
    const std::uint32_t col = to[bonds.col[i]];
    if (col != none) cells.push_back({col, bonds.val[i]});
  }
  std::sort(cells.begin(), cells.end());
  for (const auto& [col, value] : cells) {
    out.col.push_back(col);
    out.val.push_back(value);
  }
}

// The column of the answer for the rows that there are now; empty where it is zero throughout.
std::vector<std::uint16_t> column_now(const std::vector<std::uint16_t>& column,
                                      const std::vector<std::uint32_t>& row_now, std::size_t n) {
  if (!any(column)) return {};
  std::vector<std::uint16_t> now(n, 0);
  for (std::size_t i = 0; i < column.size() && i < row_now.size(); ++i) {
    if (row_now[i] != none) now[row_now[i]] = column[i];
  }
  return now;
}

}  // namespace

void recall_step(const State& s, EmissionInput& in) {
  in.bonds.row_at.assign(1, 0);
  if (s.step.order.empty()) {
    in.bonds.row_at.resize(in.uid.size() + 1, 0);
    return;
  }
  const RowOf left(s.step.order);
  const std::vector<std::uint32_t> to = RowOf(in.registered_at).renumber(s.step.order);
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const std::uint32_t row = left(in.registered_at[i]);
    in.permit[i] = row == none ? std::uint8_t{0} : s.step.permit[row];
    if (row != none) append_row(in.bonds, s.step.bonds, row, to);
    in.bonds.row_at.push_back(in.bonds.col.size());
  }
}

namespace {

// What is left for the next epoch. The rows asked are `row_now` today.
void leave(EpochStepped& f, const State& s, const EmissionInput& now, const EmissionRows& asked,
           const std::vector<std::uint32_t>& row_now, const EmissionOutput& out) {
  const RowOf answered(asked.registered_at), left(s.step.order);
  const std::vector<std::uint32_t> kept_to = RowOf(now.registered_at).renumber(s.step.order);
  f.bonds.row_at.push_back(0);
  for (const std::uint64_t order : now.registered_at) {
    const std::uint32_t row = answered(order), before = left(order);
    f.order.push_back(static_cast<std::uint32_t>(order));
    f.permit.push_back(row < out.permit.size() ? out.permit[row] : std::uint8_t{0});
    const std::uint8_t fate = row < out.bonds_row.size() ? out.bonds_row[row] : keep;
    if (fate == set) append_row(f.bonds, out.bonds, row, row_now);
    if (fate == keep && before != none) append_row(f.bonds, s.step.bonds, before, kept_to);
    f.bonds.row_at.push_back(f.bonds.col.size());
  }
}

}  // namespace

EpochStepped step_of(const State& s, const EmissionInput& now, const EmissionRows& asked,
                     const EmissionOutput& out) {
  EpochStepped f;
  f.epoch = now.epoch;
  const std::vector<std::uint32_t> row_now =
      RowOf(now.registered_at).renumber(asked.registered_at);
  const std::size_t n = now.uid.size();
  f.dividends = column_now(out.dividends, row_now, n);
  f.consensus = column_now(out.consensus, row_now, n);
  f.trust = column_now(out.trust, row_now, n);
  f.validator_trust = column_now(out.validator_trust, row_now, n);
  f.reports = row_reports(now, f.consensus);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (now.parent[i] != none) f.delegations.push_back({i, now.parent[i], now.fee[i]});
  }
  if (any(out.permit) || any(out.bonds_row)) leave(f, s, now, asked, row_now, out);
  return f;
}

void apply_stepped(State& s, const EpochStepped& f) {
  SUBNETD_INVARIANT(f.epoch == s.epoch.last_emitted);
  if (f.order.empty()) return;
  SUBNETD_INVARIANT(f.permit.size() == f.order.size() && is_square(f.bonds, f.order.size()));
  s.step = {f.order, f.permit, f.bonds};
  s.digest.add(f.order.size());
  for (std::size_t i = 0; i < f.bonds.col.size(); ++i) {
    s.digest.add(std::uint64_t{f.bonds.col[i]} << 16 | f.bonds.val[i]);
  }
}

}  // namespace subnetd::engine
