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

// Runs body(k) for k in [0, n), perhaps at once. Every result is the same however many run.
class Crew {
 public:
  Crew(const subnet::executor* threads, uint32_t most) : threads_(threads), most_(most) {}
  template <class Body>
  void run(size_t n, Body&& body) const {
    const size_t width = threads_ == nullptr || most_ == 1 ? 1 : most_ == 0 ? n : most_;
    if (width == 1 || n < 2) {
      for (size_t k = 0; k < n; ++k) body(k);
      return;
    }
    const size_t crews = std::min(width, n);
    threads_->parallel_for(crews, [&](uint64_t first) {
      for (size_t k = first; k < n; k += crews) body(k);
    });
  }

 private:
  const subnet::executor* threads_;
  uint32_t most_;
};

// The instruction path that the rules ask for. Throws subnet::failure where the machine lacks it.
const Kernel& kernel_of(const Rules& rules);

// Dividends before delegation fees and normalisation. Writes the columns' new bonds.
Outcome run_epoch(const Rules& rules, const Standing& standing, Columns& columns,
                  const Kernel& kernel, const Crew& crew);

}  // namespace consensus
