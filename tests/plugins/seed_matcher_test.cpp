// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include <subnet/testing.hpp>

#include "plugins/match_world.hpp"

namespace {

using subnet::testing::component;
using subnet::testing::load_file;

struct Seed : testing::Test {
  component matcher{load_file(PLUGIN_DIR "/seed.sbn.so")};
  World world;
  Moves solve() {
    const auto view = world.view();
    Moves moves = matcher.solve(view);
    world.apply(moves);
    return moves;
  }
  // load before, then change, then this.
  Moves turn(const std::vector<sbn_match_event>& events) {
    const auto view = world.view();
    const Moves moves = matcher.propose(view, events);
    world.apply(moves);
    matcher.observe(world.view(), events, moves);
    return moves;
  }
};

bool same(const Moves& a, const Moves& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](auto& x, auto& y) {
           return x.miner == y.miner && x.copy == y.copy && x.validator == y.validator &&
                  x.reason == y.reason;
         });
}

TEST_F(Seed, TakesLeastLoadThenReliabilityThenRegistration) {
  world.validator({chat}, 10, 500'000);
  world.validator({chat}, 10, 900'000);
  world.validator({chat}, 10, 900'000);
  for (int i = 0; i < 4; ++i) world.miner(chat);
  solve();
  EXPECT_EQ(world.current, (std::vector<uint32_t>{1, 2, 0, 1}));
}

TEST_F(Seed, NeverExceedsACapacityAndSaysSo) {
  world.validator({chat}, 2);
  for (int i = 0; i < 3; ++i) world.miner(chat);
  const Moves moves = solve();
  EXPECT_EQ(world.loads()[0], 2u);
  EXPECT_EQ(moves[2].validator, none);
  EXPECT_EQ(moves[2].reason, SBN_REASON_NO_CAPACITY);
}

TEST_F(Seed, AsksValidatorsOfEveryTypeLast) {
  world.validator({SBN_TYPE_ANY}, 10);
  world.validator({chat}, 1);
  world.miner(chat);
  world.miner(chat);
  solve();
  EXPECT_EQ(world.current, (std::vector<uint32_t>{1, 0}));
}

TEST_F(Seed, LeavesUnknownTypesToValidatorsOfEveryType) {
  world.validator({chat}, 10);
  world.miner(SBN_TYPE_UNKNOWN);
  EXPECT_EQ(solve()[0].reason, SBN_REASON_UNKNOWN_TYPE);
  world.validator({SBN_TYPE_ANY}, 1);
  solve();
  EXPECT_EQ(world.current[0], 1u);
}

TEST_F(Seed, NeverMatchesNodesOfOneKey) {
  world.validator({chat}, 10, 1'000'000, 7);
  world.miner(chat, 7);
  EXPECT_EQ(solve()[0].reason, SBN_REASON_OWN_VALIDATOR);
}

TEST_F(Seed, GivesEveryCopyAnotherValidator) {
  world.k = 3;
  world.validator({chat}, 10);
  world.validator({chat}, 10);
  world.miner(chat);
  const Moves moves = solve();
  EXPECT_NE(world.current[0], world.current[1]);
  EXPECT_EQ(moves[2].reason, SBN_REASON_NOT_DISTINCT);
}

TEST_F(Seed, GivesADrainingValidatorNothingNewAndTakesNothingAway) {
  world.validator({chat}, 10);
  world.miner(chat);
  solve();
  world.v_state[0] = SBN_SLOT_DRAINING;
  world.miner(chat);
  const Moves moves = solve();
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].miner, 1u);
  EXPECT_EQ(moves[0].reason, SBN_REASON_NO_VALIDATOR);
}

TEST_F(Seed, KeepsMatchesWhenANewValidatorJoins) {
  world.validator({chat}, 10);
  for (int i = 0; i < 4; ++i) world.miner(chat);
  solve();
  matcher.load(world.view());
  const uint32_t joined = world.validator({chat}, 10);
  EXPECT_TRUE(turn({{SBN_VALIDATOR_CHANGED, joined}}).empty());
}

TEST_F(Seed, MatchesTheFirstRegisteredWaiterWhenAPlaceIsFreed) {
  world.validator({chat}, 1);
  for (int i = 0; i < 3; ++i) world.miner(chat);
  solve();
  matcher.load(world.view());
  world.m_state[0] = SBN_SLOT_FREE;
  world.current[0] = none;
  const Moves moves = turn({{SBN_MINER_LEFT, 0}});
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].miner, 1u);
  EXPECT_EQ(moves[0].validator, 0u);
}

TEST_F(Seed, ReRegisteringAMatchedMinerTakesNoSecondPlace) {
  world.validator({chat}, 2);
  world.miner(chat);
  solve();
  matcher.load(world.view());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(turn({{SBN_MINER_CHANGED, 0}}).empty());
  const uint32_t second = world.miner(chat);
  EXPECT_EQ(turn({{SBN_MINER_CHANGED, second}})[0].validator, 0u);
}

TEST_F(Seed, ReRegisteringAValidatorKeepsItsLoad) {
  world.validator({chat}, 1);
  world.miner(chat);
  solve();
  matcher.load(world.view());
  const uint32_t second = world.miner(chat);
  const Moves moves = turn({{SBN_VALIDATOR_CHANGED, 0}, {SBN_MINER_CHANGED, second}});
  EXPECT_EQ(moves[0].reason, SBN_REASON_NO_CAPACITY);
}

TEST_F(Seed, AClosedMinerIsNotMatched) {
  world.validator({chat}, 1);
  world.miner(chat);
  world.m_state[0] = SBN_SLOT_CLOSED;
  EXPECT_TRUE(solve().empty());
}

TEST_F(Seed, AProposalLeavesNoTrace) {
  world.validator({chat}, 5);
  world.validator({chat, image}, 5);
  matcher.load(world.view());
  for (int i = 0; i < 8; ++i) world.miner(i % 2 ? chat : image);
  std::vector<sbn_match_event> events;
  for (uint32_t m = 0; m < 8; ++m) events.push_back({SBN_MINER_CHANGED, m});
  const Moves first = matcher.propose(world.view(), events);
  const Moves again = matcher.propose(world.view(), events);
  EXPECT_TRUE(same(first, again));
  component fresh(load_file(PLUGIN_DIR "/seed.sbn.so"));
  World before = world;
  before.m_state.assign(8, SBN_SLOT_FREE);
  fresh.load(before.view());
  EXPECT_TRUE(same(first, fresh.propose(world.view(), events)));
}

TEST_F(Seed, MovesOnlyAsManyAsTheBudgetAllowsAndOnlyTowardsBalance) {
  world.validator({chat}, 10);
  for (int i = 0; i < 8; ++i) world.miner(chat);
  solve();
  world.validator({chat}, 10);
  world.budget = 3;
  EXPECT_EQ(solve().size(), 3u);
  EXPECT_EQ(world.loads(), (std::vector<uint32_t>{5, 3}));
  world.budget = 100;
  EXPECT_EQ(solve().size(), 1u);
  EXPECT_EQ(world.loads(), (std::vector<uint32_t>{4, 4}));
  EXPECT_TRUE(solve().empty());
}

// Random events: hard rules hold, and an instance that was loaded anew answers the same.
TEST_F(Seed, AnswersTheSameAfterAnyHistoryAsAfterALoad) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    world = World();
    world.k = 1 + round % 3;
    const std::vector<std::vector<uint32_t>> kinds{{chat}, {image}, {chat, image}, {SBN_TYPE_ANY}};
    for (int v = 0; v < 6; ++v)
      world.validator(kinds[random() % 4], 1 + random() % 5, random() % 1'000'000, random() % 3);
    matcher.load(world.view());
    for (int step = 0; step < 100; ++step) {
      component fresh(load_file(PLUGIN_DIR "/seed.sbn.so"));
      World before = world;
      fresh.load(before.view());
      std::vector<sbn_match_event> events;
      const auto kind = random() % 4;
      if (kind < 2 || world.m_state.empty()) {
        events.push_back({SBN_MINER_CHANGED, world.miner(random() % 3, random() % 3)});
      } else if (kind == 2) {
        const uint32_t m = random() % world.m_state.size();
        world.m_state[m] = SBN_SLOT_FREE;
        std::fill_n(world.current.begin() + m * world.k, world.k, none);
        events.push_back({SBN_MINER_LEFT, m});
      } else {
        const uint32_t v = random() % world.v_state.size();
        world.v_state[v] = world.v_state[v] == SBN_SLOT_OPEN ? SBN_SLOT_CLOSED : SBN_SLOT_OPEN;
        events.push_back({SBN_VALIDATOR_CHANGED, v});
        for (size_t c = 0; c < world.current.size(); ++c) {
          if (world.current[c] != v || world.v_state[v] == SBN_SLOT_OPEN) continue;
          world.current[c] = none;
          events.push_back({SBN_MINER_CHANGED, static_cast<uint32_t>(c / world.k)});
        }
      }
      const auto expected = fresh.propose(world.view(), events);
      ASSERT_TRUE(same(expected, turn(events))) << "round " << round << " step " << step;
      const auto loads = world.loads();
      for (size_t v = 0; v < loads.size(); ++v) ASSERT_LE(loads[v], world.v_capacity[v]);
      // Nothing that could be matched is left: solving the view finds no move.
      for (const auto& move : matcher.solve(world.view())) ASSERT_EQ(move.validator, none);
    }
  }
}

TEST_F(Seed, LoadsAMillionMinersWithinASecond) {
  for (int v = 0; v < 10'000; ++v) world.validator({1u + v % 7}, 150);
  for (uint32_t m = 0; m < 1'000'000; ++m) world.miner(1 + m % 7);
  auto lap = [from = std::chrono::steady_clock::now()]() mutable {
    const auto now = std::chrono::steady_clock::now();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - from).count();
    from = now;
    return static_cast<int>(ms);
  };
  lap();
  solve();
  RecordProperty("solve_ms", lap());
  const auto view = world.view();
  lap();
  matcher.load(view);
  const int ms = lap();
  RecordProperty("load_ms", ms);
  std::printf("load of 1,000,000 x 10,000: %d ms\n", ms);
  EXPECT_LT(ms, 10'000);  // a tenth of a second in an optimised build on an idle machine
  const auto loads = world.loads();
  const auto [low, high] = std::minmax_element(loads.begin(), loads.end());
  EXPECT_LE(*high - *low, 2u);
}

}  // namespace
