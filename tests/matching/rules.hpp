// SPDX-License-Identifier: 0BSD
// What every matching keeps, and what it costs; written without the solver.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/match_world.hpp"

inline bool serves(const World& w, uint32_t v, uint32_t type) {
  const auto& types = w.v_types[v];
  const auto lists = [&](uint32_t t) {
    return std::find(types.begin(), types.end(), t) != types.end();
  };
  return lists(SBN_TYPE_ANY) || (type != SBN_TYPE_UNKNOWN && lists(type));
}

inline bool own(const World& w, uint32_t miner, uint32_t v) {
  return w.v_owner[v] != 0 && w.v_owner[v] == w.m_owner[miner];
}

// Capacity, type, ownership, distinctness, states: of the whole world as it is.
inline testing::AssertionResult keeps_rules(const World& w) {
  const auto loads = w.loads();
  for (uint32_t v = 0; v < loads.size(); ++v)
    if (loads[v] > w.v_capacity[v])
      return testing::AssertionFailure() << "validator " << v << " is over capacity";
  for (uint32_t m = 0; m < w.m_state.size(); ++m)
    for (uint32_t copy = 0; copy < w.k; ++copy) {
      const uint32_t v = w.current[size_t{m} * w.k + copy];
      if (v == none) continue;
      if (w.m_state[m] != SBN_SLOT_OPEN) return testing::AssertionFailure() << "closed miner " << m;
      if (w.v_state[v] != SBN_SLOT_OPEN && w.v_state[v] != SBN_SLOT_DRAINING)
        return testing::AssertionFailure() << "closed validator " << v;
      if (!serves(w, v, w.m_type[m])) return testing::AssertionFailure() << "type of miner " << m;
      if (own(w, m, v)) return testing::AssertionFailure() << "own key of miner " << m;
      for (uint32_t other = 0; other < copy; ++other)
        if (w.current[size_t{m} * w.k + other] == v)
          return testing::AssertionFailure() << "miner " << m << " has validator " << v << " twice";
    }
  return testing::AssertionSuccess();
}

// Matched copies whose validator the moves change.
inline uint64_t moved_by(const World& w, const Moves& moves) {
  uint64_t n = 0;
  for (const auto& move : moves) {
    const uint32_t had = w.current[size_t{move.miner} * w.k + move.copy];
    n += had != none && had != move.validator;
  }
  return n;
}

inline uint64_t unmatched(const World& w) {
  uint64_t n = 0;
  for (size_t i = 0; i < w.current.size(); ++i)
    n += w.current[i] == none && w.m_state[i / w.k] == SBN_SLOT_OPEN;
  return n;
}

// sum L^2/2C + B (1-r) L, and what crossing regions costs.
inline double cost_of(const World& w, double apart = 0) {
  double sum = 0;
  const auto loads = w.loads();
  for (size_t v = 0; v < loads.size(); ++v) {
    const double load = loads[v];
    if (load == 0) continue;
    sum += load * load / (2.0 * w.v_capacity[v]) + 0.5 * (1 - w.v_reliability[v] / 1e6) * load;
  }
  for (size_t i = 0; i < w.current.size() && apart > 0; ++i) {
    if (w.current[i] == none) continue;
    const uint32_t a = w.m_region[i / w.k], b = w.v_region[w.current[i]];
    if (a != 0 && b != 0 && a != b) sum += apart;
  }
  return sum;
}
