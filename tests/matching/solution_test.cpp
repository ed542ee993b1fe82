// SPDX-License-Identifier: 0BSD
// Whole views: every rule of a matching, whatever the input, and its cost.
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "matching/least_cost_flow.hpp"
#include "matching/solving.hpp"

namespace {

using namespace subnet::matching;
using namespace solving;

TEST(Solution, KeepsEveryRuleAndAnswersEveryFreeCopyWhateverTheView) {
  const Apart apart;
  const pricing plain;
  for (uint64_t seed = 0; seed < 1'500; ++seed) {
    for (const pricing* prices : {&plain, static_cast<const pricing*>(&apart)}) {
      World w = draw(seed);
      const Moves moves = solve(w, *prices);
      ASSERT_LE(moved_by(w, moves), w.budget) << "seed " << seed;
      std::map<std::pair<uint32_t, uint32_t>, int> told;
      for (const auto& move : moves) {
        ASSERT_EQ((++told[{move.miner, move.copy}]), 1) << "seed " << seed;
        ASSERT_EQ(move.reason == SBN_REASON_NONE, move.validator != none) << "seed " << seed;
        ASSERT_TRUE(move.validator != none || w.current[move.miner * w.k + move.copy] == none)
            << "seed " << seed << ": miner " << move.miner << " loses its validator";
        if (move.validator != none) {
          ASSERT_EQ(w.v_state[move.validator], SBN_SLOT_OPEN) << "seed " << seed;
        }
      }
      const uint64_t before = unmatched(w);
      for (size_t i = 0; i < w.current.size(); ++i) {
        if (w.m_state[i / w.k] != SBN_SLOT_OPEN || w.current[i] != none) continue;
        ASSERT_EQ(told.count({i / w.k, i % w.k}), 1u) << "seed " << seed << " copy " << i;
      }
      w.apply(moves);
      ASSERT_TRUE(keeps_rules(w)) << "seed " << seed;
      ASSERT_LE(unmatched(w), before) << "seed " << seed;
    }
  }
}

// The same nodes in other slots: the same pairs.
TEST(Solution, DoesNotDependOnTheOrderOfSlots) {
  const Apart apart;
  for (uint64_t seed = 0; seed < 900; ++seed) {
    World w = draw(seed), shuffled;
    shuffled.k = w.k;
    shuffled.budget = w.budget;
    std::vector<uint32_t> ms(w.m_state.size()), vs(w.v_state.size()), v_new(vs.size());
    std::iota(ms.begin(), ms.end(), 0u);
    std::iota(vs.begin(), vs.end(), 0u);
    Random random(seed);
    std::shuffle(ms.begin(), ms.end(), random);
    std::shuffle(vs.begin(), vs.end(), random);
    for (const uint32_t v : vs) {
      const uint32_t at =
          shuffled.validator(w.v_types[v], w.v_capacity[v], w.v_reliability[v], w.v_owner[v]);
      shuffled.v_order[at] = w.v_order[v];
      shuffled.v_region[at] = w.v_region[v];
      shuffled.v_state[at] = w.v_state[v];
      v_new[v] = at;
    }
    for (const uint32_t m : ms) {
      const uint32_t at = shuffled.miner(w.m_type[m], w.m_owner[m]);
      shuffled.m_order[at] = w.m_order[m];
      shuffled.m_region[at] = w.m_region[m];
      shuffled.m_state[at] = w.m_state[m];
      for (uint32_t copy = 0; copy < w.k; ++copy) {
        const uint32_t v = w.current[size_t{m} * w.k + copy];
        shuffled.current[size_t{at} * w.k + copy] = v == none ? none : v_new[v];
      }
    }
    w.apply(solve(w, apart));
    shuffled.apply(solve(shuffled, apart));
    for (size_t at = 0; at < shuffled.current.size(); ++at) {
      const uint32_t v = w.current[size_t{ms[at / w.k]} * w.k + at % w.k];
      ASSERT_EQ(shuffled.current[at], v == none ? none : v_new[v]) << "seed " << seed;
    }
  }
}

TEST(Solution, AnswersTheSameTwice) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    World w = draw(seed);
    const Moves a = solve(w), b = solve(w);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i].validator, b[i].validator);
  }
}

TEST(Solution, MovesNobodyButTheOrphansWhenAValidatorLeaves) {
  World w;
  Random random(4);
  for (int v = 0; v < 50; ++v)
    w.validator({static_cast<uint32_t>(1 + v % 7)}, 100 + random() % 100, random() % 101 * 10'000);
  for (int m = 0; m < 5'000; ++m) w.miner(1 + random() % 7);
  w.apply(solve(w));
  w.v_state[8] = SBN_SLOT_CLOSED;
  uint64_t orphans = 0;
  for (uint32_t& v : w.current)
    if (v == 8) {
      v = none;
      ++orphans;
    }
  w.budget = 1'000'000;
  const Moves moves = solve(w);
  EXPECT_EQ(moves.size(), orphans);
  EXPECT_EQ(moved_by(w, moves), 0u);
}

TEST(Solution, EmptiesADrainingValidatorWithinTheBudgetAndNeverToNobody) {
  World w;
  w.validator({chat}, 10);
  for (int m = 0; m < 4; ++m) w.miner(chat);
  w.apply(solve(w));
  w.v_state[0] = SBN_SLOT_DRAINING;
  w.budget = 10;
  EXPECT_TRUE(solve(w).empty());
  w.validator({chat}, 3);
  w.budget = 1;
  EXPECT_EQ(solve(w).size(), 1u);
  w.budget = 10;
  w.apply(solve(w));
  EXPECT_EQ(w.loads(), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(unmatched(w), 0u);
}

TEST(Solution, GivesEveryCopyAnotherValidatorAndSharesThemWidely) {
  World w;
  w.k = 3;
  for (int v = 0; v < 60; ++v) w.validator({chat}, 80);
  for (int m = 0; m < 1'000; ++m) w.miner(chat);
  w.apply(solve(w));
  EXPECT_TRUE(keeps_rules(w));
  EXPECT_EQ(unmatched(w), 0u);
  std::vector<uint32_t> met(60, 0);
  for (int m = 0; m < 1'000; ++m)
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3 && w.current[3 * m + a] == 0; ++b) ++met[w.current[3 * m + b]];
  EXPECT_GT(std::count_if(met.begin(), met.end(), [](uint32_t n) { return n > 0; }), 30);
  w.v_state.assign(60, SBN_SLOT_FREE);
  std::fill_n(w.v_state.begin(), 3, SBN_SLOT_OPEN);
  std::fill(w.current.begin(), w.current.end(), none);
  w.v_capacity.assign(60, 1'000);
  w.apply(solve(w));
  EXPECT_EQ(unmatched(w), 0u) << "three validators, each of which must have every miner";
}

TEST(Solution, SaysWhyACopyHasNobody) {
  World w;
  w.validator({chat}, 1, 1'000'000, 7);
  w.miner(chat);
  w.miner(chat);
  w.miner(image);
  w.miner(SBN_TYPE_UNKNOWN);
  const Moves moves = solve(w);
  EXPECT_EQ(moves[1].reason, SBN_REASON_NO_CAPACITY);
  EXPECT_EQ(moves[2].reason, SBN_REASON_NO_VALIDATOR);
  EXPECT_EQ(moves[3].reason, SBN_REASON_UNKNOWN_TYPE);
  World keyed;
  keyed.validator({chat}, 9, 1'000'000, 7);
  keyed.miner(chat, 7);
  EXPECT_EQ(solve(keyed)[0].reason, SBN_REASON_OWN_VALIDATOR);
  World twice;
  twice.k = 2;
  twice.validator({chat}, 9);
  twice.miner(chat);
  EXPECT_EQ(solve(twice)[1].reason, SBN_REASON_NOT_DISTINCT);
}

TEST(Solution, StandsTheWorstInput) {
  World w;
  w.validator({}, 5);
  w.validator({chat, chat, SBN_TYPE_UNKNOWN}, 0);
  w.validator({chat, 4'000'000'000u}, UINT32_MAX, UINT32_MAX);
  for (int m = 0; m < 10; ++m) w.miner(m % 2 == 0 ? chat : 4'000'000'000u);
  w.miner(77);
  std::reverse(w.v_order.begin(), w.v_order.end());
  w.apply(solve(w));
  EXPECT_TRUE(keeps_rules(w));
  EXPECT_EQ(unmatched(w), 1u);
  World many;
  for (uint32_t t = 1; t <= 65'536; ++t) {
    many.validator({t, t % 65'536 + 1}, 1);
    many.miner(t);
  }
  many.apply(solve(many));
  EXPECT_EQ(unmatched(many), 0u);
}

// Prices of classes: against the optimum over classes and validators.
double lemon_cost_of_regions(const World& w, const pricing& prices,
                             const subnet::match_view& view) {
  LeastCostFlow flow;
  std::map<std::pair<uint32_t, uint32_t>, int64_t> classes;
  for (size_t m = 0; m < w.m_type.size(); ++m) ++classes[{w.m_type[m], w.m_region[m]}];
  std::vector<LeastCostFlow::Node> validators;
  for (uint32_t v = 0; v < w.v_state.size(); ++v) {
    validators.push_back(flow.node());
    for (uint32_t u = 1; u <= w.v_capacity[v]; ++u)
      flow.arc(validators[v], flow.sink(),
               marginal(w.v_capacity[v], u) + unreliability_cost(prices.by, w.v_reliability[v]), 1);
  }
  for (const auto& [key, n] : classes) {
    const LeastCostFlow::Node node = flow.node(n);
    for (uint32_t v = 0; v < validators.size(); ++v)
      if (serves(w, v, key.first))
        flow.arc(node, validators[v], prices.price(view, key.first, key.second, v), n);
  }
  return static_cast<double>(flow.least_cost()) / static_cast<double>(one);
}

TEST(Solution, WithPricesStaysWithinHalfAPercentOfTheOptimum) {
  const Apart apart;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    World w;
    for (int v = 0; v < 30; ++v) {
      const auto first = static_cast<uint32_t>(1 + v % 3);
      const auto second = static_cast<uint32_t>(1 + random() % 3);
      const uint32_t at = w.validator({first, second}, 20 + random() % 60,
                                      400'000 + random() % 600'000);
      w.v_region[at] = 1 + random() % 4;
    }
    for (int m = 0; m < 900; ++m) w.m_region[w.miner(1 + random() % 3)] = 1 + random() % 4;
    const sbn_match_view raw = w.view();
    const double best = lemon_cost_of_regions(w, apart, subnet::match_view(&raw));
    w.apply(solve(w, apart));
    ASSERT_EQ(unmatched(w), 0u);
    EXPECT_LE(cost_of(w, 0.25), 1.005 * best) << "seed " << seed;
    EXPECT_GE(cost_of(w, 0.25), 0.999999 * best) << "seed " << seed;
  }
}

}  // namespace
