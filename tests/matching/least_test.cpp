// SPDX-License-Identifier: 0BSD
// Nobody is left without a validator who could have one: against maximum flows, on every kind of
// view, and within bounds of time on the largest.
#include <gtest/gtest.h>

#include <ctime>

#include "matching/least_cost_flow.hpp"
#include "matching/solving.hpp"

namespace {

using namespace subnet::matching;
using namespace solving;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t views = 400;
#else
constexpr uint64_t views = 3'000;
#endif

// As many as a flow over single miners and validators carries, that is the most there can be.
// Copies at draining validators stay there, and where nobody may move so does every matched one.
uint64_t most_matched(const World& w, bool all_stay = false) {
  LeastCostFlow flow;
  const auto stays = [&](uint32_t v) {
    return v != none && (all_stay || w.v_state[v] == SBN_SLOT_DRAINING);
  };
  std::vector<uint32_t> taken(w.v_state.size(), 0);
  for (const uint32_t v : w.current)
    if (stays(v)) ++taken[v];
  std::vector<LeastCostFlow::Node> validators;
  for (size_t v = 0; v < w.v_state.size(); ++v) {
    validators.push_back(flow.node());
    if (w.v_state[v] == SBN_SLOT_OPEN && taken[v] < w.v_capacity[v])
      flow.arc(validators[v], flow.sink(), 0, w.v_capacity[v] - taken[v]);
  }
  int64_t all = 0, placed = 0;
  for (uint32_t m = 0; m < w.m_state.size(); ++m) {
    if (w.m_state[m] != SBN_SLOT_OPEN) continue;
    const auto from = w.current.begin() + size_t{m} * w.k;
    const auto left = w.k - std::count_if(from, from + w.k, stays);
    placed += w.k - left;
    const LeastCostFlow::Node node = flow.node(left);
    all += left;
    flow.arc(node, flow.sink(), 1, left);
    for (uint32_t v = 0; v < validators.size(); ++v)
      if (serves(w, v, w.m_type[m]) && !own(w, m, v) &&
          (!all_stay || std::count(from, from + w.k, v) == 0))
        flow.arc(node, validators[v], 0, 1);
  }
  return static_cast<uint64_t>(placed + all - flow.least_cost());
}

uint64_t matched(const World& w) {
  return w.current.size() - std::count(w.current.begin(), w.current.end(), none);
}

// Own keys, several copies, `*` beside types, drains: as many as there can be.
TEST(Least, LeavesTheLeastPossibleUnmatched) {
  const Apart apart;
  const pricing plain;
  for (uint64_t seed = 0; seed < views; ++seed) {
    for (const pricing* prices : {&plain, static_cast<const pricing*>(&apart)}) {
      World w = draw(seed);
      const bool scratch = seed % 2 == 0;
      if (scratch) std::fill(w.current.begin(), w.current.end(), none);
      w.budget = 1'000'000;
      World held = w;
      held.budget = 0;
      held.apply(solve(held, *prices));
      ASSERT_EQ(matched(held), most_matched(w, !scratch)) << "seed " << seed << ", nobody moves";
      const uint64_t most = most_matched(w);
      w.apply(solve(w, *prices));
      ASSERT_EQ(matched(w), most) << "seed " << seed;
      ASSERT_TRUE(keeps_rules(w)) << "seed " << seed;
    }
  }
}

TEST(Least, ReachesTheLeastUnmatchedByChainsWhereTheBudgetAllows) {
  const Apart apart;
  const pricing plain;
  for (const pricing* prices : {&plain, static_cast<const pricing*>(&apart)}) {
    World w;
    w.validator({1, 2}, 5);
    w.validator({1}, 5);
    for (int i = 0; i < 5; ++i) w.current[w.miner(1)] = 0;
    for (int i = 0; i < 5; ++i) w.miner(2);
    for (uint32_t m = 0; m < 10; ++m) w.m_region[m] = m % 3;
    for (const uint64_t budget : {0u, 2u, 5u}) {
      World some = w;
      some.budget = budget;
      some.apply(solve(some, *prices));
      EXPECT_EQ(unmatched(some), 5 - budget);
    }
  }
}

TEST(Least, MatchesWhoeverHasNobodyBeforeItEvensLoads) {
  World w;
  w.validator({1}, 4, 1'000'000, 7);
  w.validator({1}, 1);
  w.validator({2}, 100);
  w.validator({2}, 100);
  for (int i = 0; i < 3; ++i) w.current[w.miner(1)] = 0;
  w.current[w.miner(1)] = 1;
  for (int i = 0; i < 90; ++i) w.current[w.miner(2)] = 2;
  const uint32_t keyed = w.miner(1, 7);  // may go to 1 alone, whose miner may go to 0
  w.budget = 1;
  w.apply(solve(w));
  EXPECT_EQ(w.current[keyed], 1u);
  EXPECT_EQ(unmatched(w), 0u);
}

// Own keys make of the optimum of classes what cannot be: it is not tried again and again.
TEST(Least, ComesToRest) {
  const Apart apart;
  const pricing plain;
  for (uint64_t seed = 0; seed < views; ++seed) {
    for (const pricing* prices : {&plain, static_cast<const pricing*>(&apart)}) {
      World w = draw(seed);
      w.budget = seed % 4 == 0 ? 1 + seed % 7 : 1'000'000;
      uint64_t moves = 1;
      for (int i = 0; i < 60 && moves > 0; ++i) {
        const Moves told = solve(w, *prices);
        moves = moved_by(w, told);
        w.apply(told);
      }
      EXPECT_EQ(moves, 0u) << "seed " << seed;
    }
  }
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

TEST(Least, OfSixtyFiveThousandTypesLeavesTheLeastUnmatchedWithinTenSeconds) {
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
TEST(Least, ManyMinersOfTheValidatorsOwnKeyCostNoMoreThanOthers) {
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

// Nobody's fault: most miners have the only large validator already, and it has places left.
TEST(Least, ACopyThatOnlyItsSiblingsValidatorCouldHaveCostsNoMoreThanOthers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t miners = 5'000;
#else
  constexpr uint32_t miners = 1'000'000;
#endif
  World w;
  w.k = 2;
  w.validator({1}, 4 * miners);
  w.validator({1}, 5);
  for (uint32_t m = 0; m < miners; ++m) w.miner(1);
  w.budget = 1'000;
  for (int i = 0; i < 2; ++i) {
    seconds_to_solve(w);
    EXPECT_EQ(unmatched(w), miners - 5u);
  }
}

// One key has most validators of a type and all its miners.
TEST(Least, ManyValidatorsOfOneKeyCostNoMoreThanOthers) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t miners = 2'000, validators = 100;
#else
  constexpr uint32_t miners = 300'000, validators = 10'000;
#endif
  for (const uint32_t k : {1u, 2u}) {
    World w;
    w.k = k;
    for (uint32_t v = 0; v < validators; ++v) w.validator({1}, 50, 1'000'000, 7);
    w.validator({1}, miners / 2, 1'000'000, 8);
    for (uint32_t m = 0; m < miners; ++m) w.miner(1, 7);
    w.budget = 1'000;
    for (int i = 0; i < 2; ++i) {
      seconds_to_solve(w);
      EXPECT_EQ(unmatched(w), uint64_t{miners} * k - miners / 2);
    }
  }
}

}  // namespace
