// SPDX-License-Identifier: 0BSD
// Columns of a small subnet that a matcher is asked about, and what becomes of them by its moves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plugin/conformance/trial.hpp"
#include "subnet/matcher.h"

namespace subnetd::plugin::conformance {

struct MatchWorld {
  std::uint32_t redundancy = 1;
  std::uint64_t move_budget = 0;
  std::uint64_t revision = 1;
  std::vector<std::uint8_t> miner_state, validator_state;
  std::vector<std::uint32_t> miner_type, miner_owner, miner_region, current;
  std::vector<std::uint32_t> capacity, reliability_ppm, validator_owner, validator_region;
  std::vector<std::uint64_t> miner_order, validator_order;
  std::vector<std::vector<std::uint32_t>> types;  // of each validator
  std::vector<std::uint64_t> types_at;            // as the view has them
  std::vector<std::uint32_t> types_flat;

  // Slots come one after the other; nobody is matched yet.
  std::uint32_t add_miner(std::uint32_t type, std::uint32_t owner = 0);
  std::uint32_t add_validator(std::vector<std::uint32_t> serves, std::uint32_t places,
                              std::uint32_t reliability = 1'000'000, std::uint32_t owner = 0);
  // Borrows the columns, until something is added.
  sbn_match_view view();
  void apply(std::span<const sbn_match_move> moves);
  bool may_have(std::uint32_t miner, std::uint32_t copy, std::uint32_t validator) const;
  std::uint32_t load_of(std::uint32_t validator) const;

  // A world whose matches, where there are any, keep the hard rules.
  static MatchWorld draw(std::uint64_t seed, std::size_t miners);
  // Something happens to a node: the view shows it from then on, and these events tell it.
  std::vector<sbn_match_event> happen(Draw& draw);
};

}  // namespace subnetd::plugin::conformance
