// SPDX-License-Identifier: 0BSD
// One epoch's consensus: from who counts and what they weigh to incentives, dividends and bonds.
#pragma once

#include <memory>

#include "columns.hpp"
#include "tile.hpp"

namespace consensus {

struct Outcome {
  std::vector<bits> consensus, prerank, rank, incentive, dividends, validator_trust;
};

// The instruction path that the rules ask for. Throws subnet::failure where the machine lacks it.
const Kernel& kernel_of(const Rules& rules);

// Dividends before delegation fees and normalisation. Writes the columns' new bonds.
Outcome run_epoch(const Rules& rules, const Standing& standing, Columns& columns,
                  const Kernel& kernel, const Crew& crew);

}  // namespace consensus
