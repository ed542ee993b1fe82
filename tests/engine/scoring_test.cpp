// SPDX-License-Identifier: 0BSD
// Reliability, misses in a row, flags.
#include <gtest/gtest.h>

#include "engine/rooms.hpp"
#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

struct Scoring : ::testing::Test {
  Subnet net;
  std::uint32_t v = net.validator("v");
  std::uint32_t m = net.miner("m1");

  void SetUp() override { net.match(m, v); }
  void scores(int n, Ppm score) {
    for (int i = 0; i < n; ++i) net.score("m1", score);
  }
  void flag() {
    scores(5, 100'000);
    ASSERT_EQ(net.m("m1").status, Status::flagged);
  }
  // Intervals until the wheel opens a request of m1 again.
  int intervals_until_asked() {
    for (int n = 1; n < 400; ++n) {
      net.wait(60'000);
      net.tick();
      if (net.m("m1").open > 0) return n;
    }
    return -1;
  }
};

TEST_F(Scoring, ReliabilityMovesASixteenthOfTheWay) {
  EXPECT_EQ(next_reliability(ppm_one, false), 937'500u);
  EXPECT_EQ(next_reliability(937'500, true), 941'406u);
  EXPECT_EQ(next_reliability(0, false), 0u);
  EXPECT_EQ(next_reliability(ppm_one, true), ppm_one);
}

TEST_F(Scoring, AScoreCountsForBothSides) {
  scores(1, 900'000);
  EXPECT_EQ(net.m("m1").window.size(), 1u);
  EXPECT_EQ(net.m("m1").reliability_ppm, ppm_one);
  EXPECT_EQ(net.v("v").reliability_ppm, ppm_one);
  EXPECT_EQ(net.state.verdicts_total, 1u);
}

TEST_F(Scoring, AMissIsTheMinersAndADeliveryOfTheValidator) {
  net.miss("m1");
  EXPECT_EQ(net.m("m1").misses, 1);
  EXPECT_EQ(net.m("m1").reliability_ppm, 937'500u);
  EXPECT_EQ(net.v("v").reliability_ppm, ppm_one);
  EXPECT_EQ(net.state.ledger.verdicts, 0u) << "a miss is no zero";
}

TEST_F(Scoring, ThreeMissesInARowMakeAMinerInactive) {
  net.miss("m1");
  net.miss("m1");
  scores(1, 900'000);
  net.miss("m1");
  net.miss("m1");
  EXPECT_EQ(net.m("m1").status, Status::active);
  net.miss("m1");
  EXPECT_EQ(net.m("m1").status, Status::inactive);
  EXPECT_EQ(net.m("m1").reason, StatusReason::missed);
  EXPECT_EQ(net.state.current(m, 0), v) << "it takes a validator to notice that it is back";
}

TEST_F(Scoring, AnInactiveMinerIsProbedAtDoublingIntervals) {
  for (int i = 0; i < 3; ++i) net.miss("m1");
  EXPECT_EQ(intervals_until_asked(), 1);
  for (int expected : {2, 4, 8, 16, 32, 64, 128, 128}) {
    net.end(net.state.open.begin()->first, VerdictOutcome::miner_failed);
    EXPECT_EQ(intervals_until_asked(), expected);
  }
}

TEST_F(Scoring, OneSuccessBringsAMinerBack) {
  for (int i = 0; i < 4; ++i) net.miss("m1");
  scores(1, 900'000);
  EXPECT_EQ(net.m("m1").status, Status::active);
  EXPECT_EQ(net.m("m1").misses, 0);
}

TEST_F(Scoring, AnInactiveMinerIsProbedByOneValidatorOnly) {
  Settings s = plain_settings();
  s.redundancy = 2;
  Subnet two(s);
  const auto a = two.validator("a");
  const auto b = two.validator("b");
  const auto miner = two.miner("m");
  two.match(miner, a, 0);
  two.match(miner, b, 1);
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t first = two.ask("m");
    two.end(first, VerdictOutcome::miner_failed);
    two.end(first + 1, VerdictOutcome::miner_failed);
  }
  ASSERT_EQ(two.m("m").status, Status::inactive);
  two.ask("m");
  EXPECT_EQ(two.m("m").open, 1);
}

TEST_F(Scoring, AMeanUnderTheLeastOverFiveFlags) {
  scores(4, 100'000);
  EXPECT_EQ(net.m("m1").status, Status::active);
  scores(1, 100'000);
  EXPECT_EQ(net.m("m1").status, Status::flagged);
  EXPECT_EQ(net.m("m1").reason, StatusReason::low_score);
  EXPECT_EQ(net.state.current(m, 0), v) << "still validated";
}

TEST_F(Scoring, AGoodMeanDoesNotFlag) {
  scores(4, 900'000);
  scores(1, 0);
  EXPECT_EQ(net.m("m1").status, Status::active);
}

TEST_F(Scoring, ThreeGoodOnesClearAFlagAndTheFourthDoesNotRaiseItAgain) {
  flag();
  scores(2, 500'000);
  EXPECT_EQ(net.m("m1").status, Status::flagged);
  scores(1, 500'000);
  EXPECT_EQ(net.m("m1").status, Status::active);
  scores(2, 500'000);
  EXPECT_EQ(net.m("m1").status, Status::active);
}

TEST_F(Scoring, ABadOneAmongThemStartsTheCountAgain) {
  flag();
  scores(2, 900'000);
  scores(1, 0);
  scores(2, 900'000);
  EXPECT_EQ(net.m("m1").status, Status::flagged);
}

TEST_F(Scoring, SettingActiveDoesNotClearAFlag) {
  flag();
  net.set(Role::miner, "m1", Status::active).value();
  EXPECT_EQ(net.m("m1").status, Status::flagged);
}

TEST_F(Scoring, AFlagOutlivesInactiveAndDraining) {
  for (Status meanwhile : {Status::inactive, Status::draining}) {
    Subnet other;
    const auto w = other.validator("v");
    const auto miner = other.miner("m1");
    other.match(miner, w);
    for (int i = 0; i < 5; ++i) other.score("m1", 0);
    other.set(Role::miner, "m1", meanwhile).value();
    EXPECT_EQ(other.m("m1").status, meanwhile);
    EXPECT_TRUE(other.m("m1").flagged());
    other.set(Role::miner, "m1", Status::active).value();
    EXPECT_EQ(other.m("m1").status, Status::flagged);
  }
}

TEST_F(Scoring, GoingMissingDoesNotClearAFlag) {
  flag();
  for (int i = 0; i < 3; ++i) net.miss("m1");
  EXPECT_EQ(net.m("m1").status, Status::inactive);
  scores(1, 900'000);
  EXPECT_EQ(net.m("m1").status, Status::flagged);
}

TEST_F(Scoring, AMissingMinerThatComesBackBadIsFlagged) {
  scores(4, 100'000);
  for (int i = 0; i < 3; ++i) net.miss("m1");
  scores(1, 100'000);
  EXPECT_EQ(net.m("m1").status, Status::flagged);
}

TEST_F(Scoring, ThreeMissesInARowMakeAValidatorInactive) {
  for (int i = 0; i < 3; ++i) {
    net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  }
  EXPECT_EQ(net.v("v").status, Status::inactive);
  EXPECT_EQ(net.v("v").reason, StatusReason::missed);
  EXPECT_EQ(net.v("v").load, 0u);
  EXPECT_EQ(net.state.lost_validators.size(), 1u);
  EXPECT_LT(net.v("v").reliability_ppm, 830'000u);
}

TEST_F(Scoring, TheMatcherHearsOfReliabilityInSteps) {
  net.effects = {};
  scores(1, 900'000);
  EXPECT_FALSE(net.told(MatchEventKind::validator_changed, v));
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_TRUE(net.told(MatchEventKind::validator_changed, v));
}

struct LostValidator : Scoring {
  void SetUp() override {
    Scoring::SetUp();
    for (int i = 0; i < 3; ++i) net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  }
  // Intervals until the lost validator is tried again.
  int intervals_until_tried() {
    for (int n = 1; n < 400; ++n) {
      net.wait(60'000);
      net.tick();
      if (net.v("v").open > 0) return n;
    }
    return -1;
  }
};

TEST_F(LostValidator, IsTriedAgainAtDoublingIntervals) {
  EXPECT_EQ(intervals_until_tried(), 1);
  for (int expected : {2, 4, 8}) {
    net.end(net.state.open.begin()->first, VerdictOutcome::validator_failed);
    EXPECT_EQ(intervals_until_tried(), expected);
  }
}

TEST_F(LostValidator, ComesBackWithOneSuccessThatScoresNobody) {
  intervals_until_tried();
  net.end(net.state.open.begin()->first, VerdictOutcome::scored, 1);
  EXPECT_EQ(net.v("v").status, Status::active);
  EXPECT_EQ(net.v("v").misses, 0u);
  EXPECT_TRUE(net.state.lost_validators.empty());
  EXPECT_EQ(net.m("m1").window.size(), 0u);
  EXPECT_EQ(net.state.ledger.verdicts, 0u);
}

TEST_F(LostValidator, CannotHarmTheMinerItIsTriedOn) {
  intervals_until_tried();
  net.end(net.state.open.begin()->first, VerdictOutcome::miner_failed);
  EXPECT_EQ(net.v("v").status, Status::active) << "an answer is an answer";
  EXPECT_EQ(net.m("m1").misses, 0);
  EXPECT_EQ(net.m("m1").reliability_ppm, ppm_one);
}

TEST_F(LostValidator, IsTriedBesideWhatTheMinerIsOwed) {
  const auto w = net.validator("w");
  net.match(net.state.find_miner("m1"), w);
  while (net.v("v").open == 0) {
    net.wait(500);
    net.tick();
  }
  while (net.m("m1").open > 0) {
    const auto owed = std::find_if(net.state.open.begin(), net.state.open.end(),
                                   [](const auto& entry) { return !entry.second.reprobe; });
    net.end(owed->first, VerdictOutcome::scored, 900'000);
  }
  const std::uint64_t asked = net.ask("m1");
  EXPECT_FALSE(net.state.open.at(asked).reprobe) << "the trial is not what was asked for";
  EXPECT_EQ(net.state.open.at(asked).validator, w);
  EXPECT_EQ(net.state.open.size(), 2u);
}

TEST_F(LostValidator, IsNotTriedAnyMoreOnAMinerThatLeft) {
  intervals_until_tried();
  const std::uint64_t trial = net.state.open.rbegin()->first;
  net.effects.cancel.clear();
  net.remove(Role::miner, "m1").value();
  EXPECT_NE(std::count(net.effects.cancel.begin(), net.effects.cancel.end(), trial), 0);
  EXPECT_TRUE(net.state.open.empty());
  EXPECT_EQ(net.v("v").open, 0u);
}

TEST_F(LostValidator, IsTriedOnceAtATime) {
  intervals_until_tried();
  net.wait(60'000);
  net.tick();
  EXPECT_EQ(net.v("v").open, 1u);
}

TEST_F(LostValidator, IsTriedAsSoonAsAShorterIntervalHasIt) {
  Settings settings = net.state.settings;
  settings.interval_ms = 4'000;
  ASSERT_GT(net.v("v").probe_at_ms, net.state.now_ms + 60'000 - 4'000);
  net.restart(settings).value();
  EXPECT_LE(net.v("v").probe_at_ms, net.state.now_ms + 4'000);
  const std::int64_t soon_ms = net.v("v").probe_at_ms;
  settings.interval_ms = 400'000;
  net.restart(settings).value();
  EXPECT_EQ(net.v("v").probe_at_ms, soon_ms) << "a longer one puts nothing off";
}

TEST_F(LostValidator, WaitsWhileThereIsNobodyToTryItOn) {
  net.remove(Role::miner, "m1").value();
  net.miner("other", "embedding");
  EXPECT_EQ(intervals_until_tried(), -1);
}

TEST_F(LostValidator, ManyOfThemDoNotPileUpOnOneMiner) {
  for (int i = 0; i < 20; ++i) {
    net.validator("v" + std::to_string(i));
    const std::uint32_t w = net.state.find_validator("v" + std::to_string(i));
    net.facts.push_back({net.state.now_ms, StatusSet{Role::validator, w, Status::inactive,
                                                     StatusReason::missed}});
    apply(net.state, net.facts.back(), net.effects);
  }
  net.wait(60'000);
  net.tick();
  EXPECT_EQ(net.m("m1").open, 0);
  EXPECT_TRUE(net.m("m1").tried_on());
}

TEST_F(LostValidator, CanBeSetActiveByItsOwner) {
  net.set(Role::validator, "v", Status::active).value();
  EXPECT_TRUE(net.state.lost_validators.empty());
  EXPECT_EQ(net.v("v").backoff, 0u);
}

TEST_F(Scoring, ManyOpenRequestsThatFailDoNotPutOffTheNextTry) {
  for (int i = 2; i <= 8; ++i) {
    net.miner("m" + std::to_string(i));
    net.match(net.state.find_miner("m" + std::to_string(i)), v);
  }
  net.wait(60'000);
  net.tick();
  while (!net.state.open.empty()) {
    net.end(net.state.open.begin()->first, VerdictOutcome::validator_failed);
  }
  EXPECT_EQ(net.v("v").status, Status::inactive);
  EXPECT_EQ(net.v("v").backoff, 0u);
}

TEST_F(Scoring, ADrainingValidatorThatGoesMissingIsNotCalledBack) {
  net.set(Role::validator, "v", Status::draining).value();
  for (int i = 0; i < 3; ++i) net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.v("v").status, Status::inactive);
  EXPECT_TRUE(net.state.lost_validators.empty());
}

}  // namespace
}  // namespace subnetd::engine::testing
