// SPDX-License-Identifier: 0BSD
// One epoch through the consensus alone, without a plugin around it.
#pragma once

#include "bond_rows.hpp"
#include "epoch.hpp"
#include "plugin/emission.hpp"

namespace subnetd::test {

// All that an epoch leaves, as numbers.
inline std::vector<int64_t> traces(const EmissionInput& drawn, const consensus::Rules& rules,
                                   std::size_t* tiles = nullptr) {
  const sbn_emission_in in = plugin::raw_columns(drawn, {});
  const auto standing = consensus::standing_of(in, rules);
  auto columns = consensus::columns_of(in, rules, standing);
  if (tiles != nullptr) *tiles = columns.tiles.count;
  const auto o = consensus::run_epoch(rules, standing, columns, consensus::kernel_of(rules),
                                      consensus::Crew());
  std::vector<int64_t> all;
  for (const auto* column : {&o.consensus, &o.prerank, &o.rank, &o.incentive, &o.dividends,
                             &o.validator_trust}) {
    all.insert(all.end(), column->begin(), column->end());
  }
  std::vector<std::uint8_t> row(in.n);
  const std::uint64_t room = in.n * in.n;
  std::vector<std::uint64_t> at(in.n + 1);
  std::vector<std::uint32_t> col(room);
  std::vector<std::uint16_t> val(room);
  sbn_emission_out out{};
  out.n = in.n;
  out.bonds_row = row.data();
  out.bonds_capacity = room;
  out.bonds_row_at = at.data();
  out.bonds_col = col.data();
  out.bonds_val = val.data();
  consensus::write_bonds(in, rules, standing, columns, out);
  all.insert(all.end(), row.begin(), row.end());
  all.insert(all.end(), at.begin(), at.end());
  for (std::uint64_t k = 0; k < out.bonds_n; ++k) {
    all.push_back(col[k]);
    all.push_back(val[k]);
  }
  return all;
}

}  // namespace subnetd::test
