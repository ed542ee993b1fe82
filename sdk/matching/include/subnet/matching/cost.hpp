// SPDX-License-Identifier: 0BSD
// What a match costs, in whole units of 2^-32, so that every node computes the same.
//
//   sum over validators of  L^2 / (2 C)  +  unreliability * (1 - r) * L      L load, C capacity
//   + sum over matches of the price of (class, validator)
//   + move * (what a validator has more than it had)
//   + the matching of everyone first
//
// The l-th place of a validator costs (l - 1/2) / C, rounded down: a rising curve. All choices are
// by (cost, registration order).
#pragma once

#include <algorithm>
#include <cstdint>

#include "subnet/matcher.hpp"

namespace subnet::matching {

using cost = int64_t;
inline constexpr cost one = cost{1} << 32;
inline constexpr cost never = INT64_MAX;
inline constexpr cost price_max = 1024 * one;

constexpr cost of_ppm(uint64_t ppm) {
  return static_cast<cost>((std::min<uint64_t>(ppm, UINT32_MAX) << 32) / 1'000'000);
}

// Of the place-th miner (from 1) of a validator.
constexpr cost marginal(uint32_t capacity, uint64_t place) {
  return static_cast<cost>(((2 * place - 1) << 31) / capacity);
}

// How many places cost at most that. Exact, without a division.
constexpr uint64_t places_within(uint32_t capacity, cost limit) {
  if (limit < 0) return 0;
  if (limit >= one - 1) return capacity;
  const uint64_t product = static_cast<uint64_t>(limit + 1) * capacity - 1;
  return ((product >> 31) + 1) >> 1;
}

struct weights {
  cost unreliability = one / 2;
  cost move = one / 100;
};

constexpr cost unreliability_cost(const weights& by, uint32_t reliability_ppm) {
  const uint64_t missing = ppm_one - std::min(reliability_ppm, ppm_one);
  return static_cast<cost>(static_cast<uint64_t>(by.unreliability) * missing / ppm_one);
}

// The places of one validator that a question is about: after `first` that are settled, `most` at
// most. The `kept` first of them are as they were, the others cost a move.
struct curve {
  uint32_t capacity = 1;
  uint32_t first = 0;
  uint32_t kept = 0;
  uint32_t most = 0;
  cost base = 0;

  // unit: from 1 to most.
  cost cost_of(uint64_t unit, cost move) const {
    return base + marginal(capacity, first + unit) + (unit > kept ? move : 0);
  }
  uint64_t units_within(cost limit, cost move) const {
    uint64_t units = below(limit - base);
    if (units > kept && move != 0) units = std::max<uint64_t>(kept, below(limit - base - move));
    return std::min<uint64_t>(units, most);
  }

 private:
  uint64_t below(cost limit) const {
    const uint64_t places = places_within(capacity, limit);
    return places > first ? places - first : 0;
  }
};

// What a strategy may price. Everything else is the solver's.
class pricing {
 public:
  virtual ~pricing() = default;
  weights by;
  // Whether price() is asked at all; without, the solver's loads are the exact optimum.
  virtual bool prices() const { return false; }
  // 0..price_max, for a miner of that type and region (0: none).
  virtual cost price(const match_view&, uint32_t /*type*/, uint32_t /*region*/,
                     uint32_t /*validator*/) const {
    return 0;
  }
  cost checked_price(const match_view& view, uint32_t type, uint32_t region, uint32_t v) const {
    return prices() ? std::clamp<cost>(price(view, type, region, v), 0, price_max) : 0;
  }
};

}  // namespace subnet::matching
