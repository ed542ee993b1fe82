// SPDX-License-Identifier: 0BSD
#include "payout.hpp"

#include <map>
#include <numeric>

namespace consensus {
namespace {

using uwide = unsigned __int128;
constexpr uint64_t ppm_one = 1'000'000;

struct Shares {
  std::vector<bits> miner, validator, combined;
};

// Half to miners, half to validators while anyone has an incentive; without anything, by stake.
Shares shares_of(const Standing& standing, const Outcome& o) {
  Shares s{o.incentive, o.dividends, {}};
  const size_t n = o.incentive.size();
  s.combined.reserve(n);
  bits total = 0;
  for (size_t i = 0; i < n; ++i) {
    s.combined.push_back(add(o.incentive[i], o.dividends[i]));
    total += s.combined[i];
  }
  if (total == 0) {
    s.validator = sum(standing.active_stake) == 0 ? standing.stake : standing.active_stake;
    s.combined = s.validator;
    return s;
  }
  for (size_t i = 0; i < n; ++i) {
    const bool both = s.miner[i] != 0 && s.validator[i] != 0;
    s.miner[i] = part(s.miner[i], total);
    s.validator[i] = part(s.validator[i], total);
    s.combined[i] = both ? part(s.combined[i], total) : s.miner[i] + s.validator[i];
  }
  return s;
}

std::vector<uint64_t> floors(const std::vector<bits>& shares, uint64_t amount) {
  std::vector<uint64_t> out(shares.size());
  for (size_t i = 0; i < shares.size(); ++i) out[i] = floor_of(shares[i], amount);
  return out;
}

// What rounding left, a unit each to the largest remainders, ties to the lower uid; more than a
// round of it goes in equal parts first.
void hand_out(std::vector<uint64_t>& amount, const std::vector<bits>& miner,
              const std::vector<bits>& validator, uint64_t budget, uint64_t left) {
  std::vector<size_t> earners;
  for (size_t i = 0; i < amount.size(); ++i) {
    if (miner[i] != 0 || validator[i] != 0) earners.push_back(i);
  }
  if (earners.empty()) return;
  const auto rest = [&](size_t i) {
    const auto fraction = [budget](bits share) {
      return static_cast<uint64_t>(static_cast<uint32_t>(uwide(share) * budget));
    };
    return fraction(miner[i]) + fraction(validator[i]);
  };
  for (const size_t i : earners) amount[i] += left / earners.size();
  std::stable_sort(earners.begin(), earners.end(),
                   [&](size_t a, size_t b) { return rest(a) > rest(b); });
  for (uint64_t k = 0; k < left % earners.size(); ++k) ++amount[earners[k]];
}

// Nodes of one key together get no more than the cap, each the same fraction less.
void cap_owners(const sbn_emission_in& in, uint32_t cap_ppm, std::vector<uint64_t>& amount) {
  std::map<uint32_t, uwide> of_owner;
  for (size_t i = 0; i < in.n; ++i) {
    if (in.owner[i] != 0) of_owner[in.owner[i]] += amount[i];
  }
  const auto cap = static_cast<uint64_t>(uwide{in.budget_nano} * cap_ppm / ppm_one);
  for (size_t i = 0; i < in.n; ++i) {
    const uwide all = in.owner[i] == 0 ? amount[i] : of_owner[in.owner[i]];
    if (all > cap) amount[i] = static_cast<uint64_t>(uwide{amount[i]} * cap / all);
  }
}

void withhold_flagged(const sbn_emission_in& in, std::vector<uint64_t>& amount) {
  for (size_t i = 0; i < in.n; ++i) {
    if (in.payable[i] == 0) amount[i] = 0;
  }
}

}  // namespace

uint64_t founder_part(uint64_t budget, uint32_t percent) {
  const uwide ratio = (uwide{std::min(percent, 100u)} << 64) / 100;
  if (ratio >> 64 != 0) return budget;
  return static_cast<uint64_t>((ratio * budget) >> 64);
}

void settle_dividends(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                      std::vector<bits>& dividends) {
  if (rules.commune()) {
    for (size_t i = 0; i < in.n; ++i) {
      const uint32_t parent = in.parent[i];
      if (parent >= in.n) continue;
      // The chain holds the fee as a 32-bit float before it becomes I32F32.
      const auto ratio = static_cast<float>(in.fee[i] / 10'000.0);
      const bits fee = mul(dividends[i], static_cast<bits>(static_cast<double>(ratio) * one));
      dividends[i] = sub(dividends[i], fee);
      dividends[parent] = add(dividends[parent], fee);
    }
  } else if (rules.per_validator()) {
    for (size_t i = 0; i < in.n; ++i) dividends[i] = mul(dividends[i], standing.active_stake[i]);
  }
  normalize(dividends);
}

Payout pay(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
           const Outcome& outcome) {
  Payout p;
  p.founder = founder_part(in.budget_nano, rules.founder_percent);
  const uint64_t budget = in.budget_nano - p.founder;
  const Shares shares = shares_of(standing, outcome);
  p.miner = floors(shares.miner, budget);
  p.validator = floors(shares.validator, budget);
  p.combined = floors(shares.combined, budget);
  p.combined_share = shares.combined;
  p.amount.resize(in.n);
  uint64_t shared = 0;
  for (size_t i = 0; i < in.n; ++i) {
    p.amount[i] = p.miner[i] + p.validator[i];
    shared += p.amount[i];
  }
  const bool anyone = sum(shares.combined) != 0;
  uint64_t rounding = anyone ? budget - shared : 0;
  if (rules.dust == Dust::largest_remainder) {
    hand_out(p.amount, shares.miner, shares.validator, budget, rounding);
    rounding = 0;
  } else if (rules.dust == Dust::treasury) {
    p.treasury = rounding;
    p.founder += rounding;
    rounding = 0;
  }
  p.dust = rounding;
  withhold_flagged(in, p.amount);
  if (rules.owner_cap_ppm < ppm_one) cap_owners(in, rules.owner_cap_ppm, p.amount);
  uint64_t paid = 0;
  for (const uint64_t a : p.amount) paid += a;
  p.unallocated = in.budget_nano - p.founder - p.dust - paid;
  return p;
}

}  // namespace consensus
