// SPDX-License-Identifier: 0BSD
// The oracle's books on bonds and permits: what an epoch left is what the next one is given, for
// those who were there, and nobody inherits any.
#include <algorithm>

#include "sim/oracle.hpp"

namespace subnetd::sim {

using namespace engine;

void Oracle::take_stepped(const State& s, const EpochStepped& f) {
  require(f.epoch == epochs_emitted_, "what an epoch left comes apart from what it paid");
  for (const RowReport& report : f.reports) {
    require(report.deviation_ppm <= ppm_one && report.own_ppm + report.mutual_ppm <= ppm_one,
            "a report is over one");
  }
  if (f.order.empty()) return;
  require(f.order.size() == s.miner_count + s.validator_index.size(),
          "bonds have another number of rows than there are nodes");
  bonds_.clear();
  permits_.clear();
  for (std::size_t i = 0; i < f.order.size(); ++i) {
    permits_[f.order[i]] = f.permit[i] != 0;
    for (std::uint64_t at = f.bonds.row_at[i]; at < f.bonds.row_at[i + 1]; ++at) {
      bonds_[f.order[i]][f.order[f.bonds.col[at]]] = f.bonds.val[at];
    }
  }
}

void Oracle::check_bonds(const State& s) const {
  if (s.miner_count + s.validator_index.size() == 0) return;
  const EmissionInput in = emission_preview(s, s.now_ms);
  require(is_square(in.bonds, in.uid.size()), "bonds are no rows of the nodes");
  const auto order = [&in](std::size_t row) {
    return static_cast<std::uint32_t>(in.registered_at[row]);
  };
  const std::set<std::uint64_t> here(in.registered_at.begin(), in.registered_at.end());
  std::size_t given = 0, owed = 0;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const auto permit = permits_.find(order(i));
    if (!permits_.empty()) {
      require((in.permit[i] != 0) == (permit != permits_.end() && permit->second),
              "a permit is not what the last epoch left");
    }
    const auto row = bonds_.find(order(i));
    for (std::uint64_t at = in.bonds.row_at[i]; at < in.bonds.row_at[i + 1]; ++at, ++given) {
      require(row != bonds_.end(), "a node has bonds of another");
      const auto bond = row->second.find(order(in.bonds.col[at]));
      require(bond != row->second.end() && bond->second == in.bonds.val[at],
              "a bond is not what the last epoch left");
    }
    if (row == bonds_.end()) continue;
    for (const auto& [to, value] : row->second) owed += here.contains(to) ? 1 : 0;
  }
  require(given == owed, "bonds were lost");
}

}  // namespace subnetd::sim
