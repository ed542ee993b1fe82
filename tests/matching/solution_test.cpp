// SPDX-License-Identifier: 0BSD
// Whole views: every rule of a matching, whatever the input, and its cost.
#include <gtest/gtest.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <map>
#include <numeric>
#include <random>

#include "matching/rules.hpp"
#include "subnet/matching/solve.hpp"

namespace {

using namespace subnet::matching;
using Random = std::mt19937_64;

struct Apart : pricing {
  bool prices() const override { return true; }
  cost price(const subnet::match_view& view, uint32_t, uint32_t region, uint32_t v) const override {
    const uint32_t other = view.validator_region()[v];
    return region == 0 || other == 0 || region == other ? 0 : one / 4;
  }
};

Moves solve(World& world, const pricing& prices = {}) {
  const sbn_match_view raw = world.view();
  const subnet::match_view view(&raw);
  Moves rows(world.current.size());
  sbn_match_out out{sizeof(out), 0, rows.size(), 0, rows.data()};
  subnet::moves sink(&out);
  solution(view, prices).tell(sink);
  EXPECT_EQ(sink.status(), SBN_OK);
  rows.resize(out.n);
  return rows;
}

World draw(uint64_t seed) {
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

// As many as a flow over single miners and validators carries, that is the most there can be.
uint64_t most_matched(const World& w) {
  using Graph = lemon::SmartDigraph;
  Graph graph;
  const Graph::Node sink = graph.addNode();
  std::vector<int64_t> prices, tops;
  const auto arc = [&](Graph::Node a, Graph::Node b, int64_t price, int64_t top) {
    graph.addArc(a, b);
    prices.push_back(price);
    tops.push_back(top);
  };
  std::vector<Graph::Node> validators;
  for (size_t v = 0; v < w.v_state.size(); ++v) {
    validators.push_back(graph.addNode());
    if (w.v_state[v] == SBN_SLOT_OPEN) arc(validators[v], sink, 0, w.v_capacity[v]);
  }
  Graph::NodeMap<int64_t> supply(graph, 0);
  int64_t all = 0;
  for (uint32_t m = 0; m < w.m_state.size(); ++m) {
    if (w.m_state[m] != SBN_SLOT_OPEN) continue;
    const Graph::Node node = graph.addNode();
    supply[node] = w.k;
    all += w.k;
    arc(node, sink, 1, w.k);
    for (uint32_t v = 0; v < validators.size(); ++v)
      if (serves(w, v, w.m_type[m]) && !own(w, m, v)) arc(node, validators[v], 0, 1);
  }
  supply[sink] = -all;
  Graph::ArcMap<int64_t> price(graph), top(graph);
  for (int a = 0; a < graph.arcNum(); ++a) {
    price[graph.arcFromId(a)] = prices[static_cast<size_t>(a)];
    top[graph.arcFromId(a)] = tops[static_cast<size_t>(a)];
  }
  lemon::NetworkSimplex<Graph, int64_t, int64_t> simplex(graph);
  simplex.upperMap(top).costMap(price).supplyMap(supply).run();
  return static_cast<uint64_t>(all - simplex.totalCost());
}

TEST(Solution, LeavesTheLeastPossibleUnmatchedFromScratch) {
  for (uint64_t seed = 0; seed < 600; ++seed) {
    World w = draw(3 * seed);
    ASSERT_EQ(w.k, 1u);
    for (auto& types : w.v_types)
      if (!types.empty() && types.back() == SBN_TYPE_ANY) types = {SBN_TYPE_ANY};
    std::fill(w.m_owner.begin(), w.m_owner.end(), 0);
    std::fill(w.current.begin(), w.current.end(), none);
    const uint64_t most = most_matched(w);
    w.apply(solve(w));
    const auto matched = w.current.size() - std::count(w.current.begin(), w.current.end(), none);
    ASSERT_EQ(matched, most) << "seed " << seed;
  }
}

TEST(Solution, ReachesTheLeastUnmatchedByChainsWhereTheBudgetAllows) {
  World w;
  w.validator({1, 2}, 5);
  w.validator({1}, 5);
  for (int i = 0; i < 5; ++i) w.current[w.miner(1)] = 0;
  for (int i = 0; i < 5; ++i) w.miner(2);
  w.budget = 0;
  World held = w;
  held.apply(solve(held));
  EXPECT_EQ(unmatched(held), 5u);
  w.budget = 2;
  World some = w;
  some.apply(solve(some));
  EXPECT_EQ(unmatched(some), 3u);
  w.budget = 5;
  w.apply(solve(w));
  EXPECT_EQ(unmatched(w), 0u);
}

// The same nodes in other slots: the same pairs.
TEST(Solution, DoesNotDependOnTheOrderOfSlots) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Apart apart;
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
    // Rescue by exchange starts at a slot; without keys none is needed.
    w.m_owner.assign(w.m_owner.size(), 0);
    shuffled.m_owner.assign(w.m_owner.size(), 0);
    if (w.k > 1) continue;
    w.apply(solve(w, apart));
    shuffled.apply(solve(shuffled, apart));
    for (uint32_t at = 0; at < ms.size(); ++at) {
      const uint32_t v = w.current[ms[at]];
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

// The fewest copies that stay without a validator, by a maximum flow over what is listed.
uint64_t least_unmatched(const World& w, uint32_t types) {
  std::vector<uint64_t> wants, excess(types, 0);
  for (const uint32_t t : w.m_type) ++excess[t - 1];
  network all(excess);
  for (size_t v = 0; v < w.v_types.size(); ++v) {
    if (w.v_state[v] != SBN_SLOT_OPEN) continue;
    std::vector<uint32_t> listed = w.v_types[v];
    std::sort(listed.begin(), listed.end());
    listed.erase(std::unique(listed.begin(), listed.end()), listed.end());
    for (uint32_t& t : listed) --t;
    all.add_group(listed);
    wants.push_back(w.v_capacity[v]);
  }
  all.connect();
  all.satisfy(wants);
  uint64_t left = 0;
  for (uint32_t t = 0; t < types; ++t) left += all.excess(t);
  return left;
}

// Solves, checks the rules, and says how many seconds of the thread it took.
double seconds_to_solve(World& w) {
  timespec from{}, to{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  const Moves moves = solve(w);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  w.apply(moves);
  EXPECT_TRUE(keeps_rules(w));
  return static_cast<double>(to.tv_sec - from.tv_sec) +
         1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec);
}

TEST(Solution, OfSixtyFiveThousandTypesLeavesTheLeastUnmatchedWithinTenSeconds) {
  constexpr uint32_t types = 65'536;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t validators = 1'000, miners = 6'000;
#else
  constexpr uint32_t validators = 20'000, miners = 130'000;
#endif
  Random random(6);
  World w;
  for (uint32_t v = 0; v < validators; ++v) {
    std::vector<uint32_t> listed;
    for (int i = 0; i < 8; ++i) listed.push_back(1 + random() % types);
    w.validator(listed, 1 + random() % 12, random() % 101 * 10'000);
  }
  for (uint32_t m = 0; m < miners; ++m) w.miner(1 + random() % types);
  const double scratch_s = seconds_to_solve(w);
  EXPECT_EQ(unmatched(w), least_unmatched(w, types));

  // 1 % of the validators leave, everyone else is held by the price of a move.
  for (uint32_t v = 0; v < validators; v += 100) w.v_state[v] = SBN_SLOT_FREE;
  for (uint32_t& v : w.current)
    if (v != SBN_NONE && w.v_state[v] == SBN_SLOT_FREE) v = SBN_NONE;
  w.budget = UINT64_MAX;
  const double sticky_s = seconds_to_solve(w);
  EXPECT_EQ(unmatched(w), least_unmatched(w, types));
  std::printf("65,536 types, %u miners, %u validators: %.2f s, after leaves %.2f s\n", miners,
              validators, scratch_s, sticky_s);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
  EXPECT_LT(scratch_s, 10);
  EXPECT_LT(sticky_s, 10);
#endif
}

// Whoever registers many miners under the key of the validators must not hold up a turn: where each
// of them looks through all, this takes hours, and the test runs out of time.
TEST(Solution, ManyMinersOfTheValidatorsOwnKeyCostNoMoreThanOthers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t miners = 5'000;
#else
  constexpr uint32_t miners = 1'000'000;
#endif
  for (const uint32_t k : {1u, 2u}) {
    World w;
    w.k = k;
    for (int v = 0; v < 10; ++v) w.validator({1}, miners, 1'000'000, 7);
    w.validator({1}, 100, 1'000'000, 8);
    for (uint32_t m = 0; m < miners; ++m) w.miner(1, 7);
    w.miner(1, 8);
    seconds_to_solve(w);
    EXPECT_EQ(unmatched(w), uint64_t{miners + 1} * k - 100 - k) << "only 100 places of another key";
  }
}

// Prices of classes: against the optimum over classes and validators.
double lemon_cost_of_regions(const World& w, const pricing& prices,
                             const subnet::match_view& view) {
  using Graph = lemon::SmartDigraph;
  Graph graph;
  const Graph::Node sink = graph.addNode();
  std::vector<int64_t> costs, tops;
  const auto arc = [&](Graph::Node a, Graph::Node b, int64_t price, int64_t top) {
    graph.addArc(a, b);
    costs.push_back(price);
    tops.push_back(top);
  };
  std::map<std::pair<uint32_t, uint32_t>, int64_t> classes;
  for (size_t m = 0; m < w.m_type.size(); ++m) ++classes[{w.m_type[m], w.m_region[m]}];
  std::vector<Graph::Node> validators;
  for (uint32_t v = 0; v < w.v_state.size(); ++v) {
    validators.push_back(graph.addNode());
    for (uint32_t u = 1; u <= w.v_capacity[v]; ++u)
      arc(validators[v], sink,
          marginal(w.v_capacity[v], u) + unreliability_cost(prices.by, w.v_reliability[v]), 1);
  }
  std::map<std::pair<uint32_t, uint32_t>, Graph::Node> nodes;
  for (const auto& [key, n] : classes) {
    nodes[key] = graph.addNode();
    for (uint32_t v = 0; v < validators.size(); ++v)
      if (serves(w, v, key.first))
        arc(nodes[key], validators[v], prices.price(view, key.first, key.second, v), n);
  }
  Graph::NodeMap<int64_t> supply(graph, 0);
  for (const auto& [key, n] : classes) supply[nodes[key]] = n;
  supply[sink] = -static_cast<int64_t>(w.m_type.size());
  Graph::ArcMap<int64_t> price(graph), top(graph);
  for (int a = 0; a < graph.arcNum(); ++a) {
    price[graph.arcFromId(a)] = costs[static_cast<size_t>(a)];
    top[graph.arcFromId(a)] = tops[static_cast<size_t>(a)];
  }
  lemon::NetworkSimplex<Graph, int64_t, int64_t> simplex(graph);
  EXPECT_EQ(simplex.upperMap(top).costMap(price).supplyMap(supply).run(), simplex.OPTIMAL);
  return static_cast<double>(simplex.totalCost()) / static_cast<double>(one);
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
