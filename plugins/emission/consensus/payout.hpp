// SPDX-License-Identifier: 0BSD
// From shares to amounts: founder, miners' and validators' parts, caps, flags and dust.
#pragma once

#include "epoch.hpp"

namespace consensus {

struct Payout {
  uint64_t founder = 0, treasury = 0, dust = 0, unallocated = 0;
  std::vector<uint64_t> amount, miner, validator, combined;
  std::vector<bits> combined_share;
};

// floor(budget * percent / 100), as Commune's I64F64 has it.
uint64_t founder_part(uint64_t budget, uint32_t percent);
// Fees of delegation, then normalised.
void settle_dividends(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                      std::vector<bits>& dividends);
Payout pay(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
           const Outcome& outcome);

}  // namespace consensus
