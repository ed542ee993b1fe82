// SPDX-License-Identifier: 0BSD
// Views of every kind by a seed, and the solver asked as a matcher asks it.
#pragma once

#include <random>

#include "matching/rules.hpp"
#include "subnet/matching/solve.hpp"

namespace solving {

using Random = std::mt19937_64;
using subnet::matching::cost, subnet::matching::one, subnet::matching::pricing;

struct Apart : pricing {
  bool prices() const override { return true; }
  cost price(const subnet::match_view& view, uint32_t, uint32_t region, uint32_t v) const override {
    const uint32_t other = view.validator_region()[v];
    return region == 0 || other == 0 || region == other ? 0 : one / 4;
  }
};

inline Moves solve(World& world, const pricing& prices = {}) {
  const sbn_match_view raw = world.view();
  const subnet::match_view view(&raw);
  Moves rows(world.current.size());
  sbn_match_out out{sizeof(out), 0, rows.size(), 0, rows.data()};
  subnet::moves sink(&out);
  subnet::matching::solution(view, prices).tell(sink);
  EXPECT_EQ(sink.status(), SBN_OK);
  rows.resize(out.n);
  return rows;
}

inline World draw(uint64_t seed) {
  Random random(seed);
  World w;
  w.k = 1 + seed % 3;
  const size_t validators = random() % 14, miners = random() % 60;
  for (size_t v = 0; v < validators; ++v) {
    std::vector<uint32_t> types;
    for (uint32_t t = 1; t <= 4; ++t)
      if (random() % 3 == 0) types.push_back(t);
    if (random() % 6 == 0) types.push_back(SBN_TYPE_ANY);
    const uint32_t at = w.validator(types, 1 + random() % 12, random() % 1'300'000, random() % 5);
    w.v_region[at] = random() % 3;
    if (random() % 8 == 0) w.v_state[at] = random() % 4;
    if (random() % 20 == 0) w.v_capacity[at] = random() % 2 == 0 ? 0 : UINT32_MAX;
  }
  for (size_t m = 0; m < miners; ++m) {
    w.miner(random() % 6, random() % 5);
    w.m_region[m] = random() % 3;
    if (random() % 8 == 0) w.m_state[m] = random() % 3;
  }
  // Some are matched, by the rules.
  for (size_t i = 0; i < w.current.size() && validators > 0; ++i) {
    w.current[i] = static_cast<uint32_t>(random() % validators);
    const bool open = w.m_state[i / w.k] == SBN_SLOT_OPEN;
    if (!open || random() % 2 == 0 || !keeps_rules(w)) w.current[i] = none;
  }
  w.budget = random() % 3 == 0 ? random() % 20 : random() % 2 == 0 ? 0 : 1'000'000;
  return w;
}

}  // namespace solving
