// SPDX-License-Identifier: 0BSD
// Which validations are owed, and what came of them.
#include <gtest/gtest.h>

#include <set>

#include "engine/rooms.hpp"
#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

struct Validation : ::testing::Test {
  Subnet net;
  std::uint32_t v = net.validator("v");
  std::uint32_t m = net.miner("m1");

  // Ticks through a whole interval; the requests that were opened.
  std::vector<std::uint64_t> round(std::int64_t interval_ms = 60'000) {
    net.effects.validate.clear();
    for (std::int64_t ms = 0; ms < interval_ms; ms += 500) {
      net.wait(500);
      net.tick();
    }
    return net.effects.validate;
  }
};

TEST_F(Validation, AMatchedMinerIsDueOnceAnInterval) {
  net.match(m, v);
  const auto first = round();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(net.state.open.at(first[0]).validator, v);
  net.end(first[0], VerdictOutcome::scored, 900'000);
  EXPECT_EQ(round().size(), 1u);
}

TEST_F(Validation, AnUnmatchedMinerIsOwedNothing) { EXPECT_TRUE(round().empty()); }

TEST_F(Validation, WhileARequestIsOpenNoOtherBegins) {
  net.match(m, v);
  EXPECT_EQ(round().size(), 1u);
  EXPECT_TRUE(round().empty());
}

TEST_F(Validation, MinersAreSpreadOverTheInterval) {
  std::set<std::uint16_t> buckets;
  for (int i = 0; i < 1000; ++i) buckets.insert(due_bucket("miner-" + std::to_string(i)));
  EXPECT_GT(buckets.size(), 800u);
}

TEST_F(Validation, AnIdleSubnetWritesNothing) {
  Subnet idle;
  const std::size_t before = idle.facts.size();
  for (int i = 0; i < 100; ++i) {
    idle.wait(50);
    idle.tick();
  }
  EXPECT_EQ(idle.facts.size(), before);
}

TEST_F(Validation, TheClockIsStoredOnceASecondHoweverManyTicksAndMinersThereAre) {
  const auto wide = net.validator("wide", 500);
  for (int i = 2; i <= 400; ++i) net.match(net.miner("m" + std::to_string(i)), wide);
  const std::size_t before = net.count<Due>();
  for (int i = 0; i < 1200; ++i) {
    net.wait(50);
    net.tick();
  }
  EXPECT_EQ(net.effects.validate.size(), 399u);
  EXPECT_LE(net.count<Due>() - before, 60u);
  EXPECT_GE(net.count<Due>() - before, 50u);
}

TEST_F(Validation, AfterALongPauseEveryMinerIsDueOnce) {
  net.match(m, v);
  net.match(net.miner("m2"), v);
  net.wait(60'000 * 50);
  net.tick();
  EXPECT_EQ(net.state.open.size(), 2u);
}

TEST_F(Validation, AfterDowntimeMinersWaitForTheirTurnAndDoNotHerd) {
  for (int i = 2; i <= 40; ++i) net.match(net.miner("m" + std::to_string(i)), v);
  net.wait(3'600'000);
  net.boot().value();
  net.effects.validate.clear();
  net.tick();
  EXPECT_LE(net.effects.validate.size(), 1u);
  EXPECT_EQ(round().size(), net.v("v").load);
}

TEST(AnEmptySubnet, DoesNotSaveUpItsIdleTimeForItsFirstMiners) {
  Subnet idle;
  const auto v = idle.validator("v", 100);
  idle.wait(3'600'000);
  for (int i = 0; i < 40; ++i) idle.match(idle.miner("m" + std::to_string(i)), v);
  idle.tick();
  EXPECT_LE(idle.effects.validate.size(), 1u);
}

TEST_F(Validation, WhoeverWasNotAskedIsNotToBlame) {
  Settings settings = plain_settings();
  settings.agent_types = {"chat"};
  net.restart(settings).value();
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.last<engine::Verdict>().outcome, VerdictOutcome::plugin_failed);
  EXPECT_EQ(net.last<engine::Verdict>().retry, none);
  EXPECT_TRUE(net.state.open.empty());
}

TEST_F(Validation, EveryCopyIsAskedFor) {
  Settings s = plain_settings();
  s.redundancy = 2;
  Subnet two(s);
  const auto a = two.validator("a");
  const auto b = two.validator("b");
  const auto miner = two.miner("m");
  two.match(miner, a, 0);
  two.match(miner, b, 1);
  const std::uint64_t first = two.ask("m");
  EXPECT_EQ(two.state.open.at(first).copy, 0u);
  EXPECT_EQ(two.state.open.at(first + 1).validator, b);
  EXPECT_EQ(two.m("m").open, 2);
}

TEST_F(Validation, TheDaemonJudgesItsOwnTypesWithoutAValidator) {
  Settings s = plain_settings();
  s.agent_types = {"chat"};
  net.restart(s).value();
  const std::uint64_t request = net.ask("m1");
  EXPECT_EQ(net.state.open.at(request).validator, none);
  net.end(request, VerdictOutcome::scored, 750'000, true);
  EXPECT_EQ(net.state.ledger.cells.at(0).validator, none);
  EXPECT_EQ(net.state.ledger.cells.at(0).sum_ppm, 750'000u);
}

TEST_F(Validation, AStarLetsTheDaemonJudgeEverything) {
  Settings s = plain_settings();
  s.agent_types = {"*"};
  net.restart(s).value();
  EXPECT_GT(net.ask("m1"), 0u);
}

TEST_F(Validation, OutOfTurnIsAnsweredWithTheRequestThatIsOpen) {
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  EXPECT_EQ(net.ask("m1"), request);
  EXPECT_EQ(net.count<Owed>(), 1u);
}

TEST_F(Validation, OutOfTurnSaysWhyItCannot) {
  EXPECT_EQ(net.give(Validate{"nobody", {}}).error().code, Errc::not_found);
  EXPECT_EQ(net.give(Validate{"m1", {}}).error().message,
            "miner \"m1\" has no validator: pending");
  net.set(Role::miner, "m1", Status::draining).value();
  EXPECT_EQ(net.give(Validate{"m1", {}}).error().message,
            "miner \"m1\" has no validator: it is draining");
}

TEST_F(Validation, AScoreAboveOneCountsAsOne) {
  net.match(m, v);
  net.score("m1", 4'000'000);
  EXPECT_EQ(net.m("m1").window.at(0), ppm_one);
}

TEST_F(Validation, AVerdictThatCameTwiceCountsOnce) {
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  net.end(request, VerdictOutcome::scored, 900'000);
  net.end(request, VerdictOutcome::scored, 900'000);
  EXPECT_EQ(net.last_facts, 0u);
  EXPECT_EQ(net.state.verdicts_total, 1u);
}

TEST_F(Validation, APluginCannotClaimThatAVerdictWasCarried) {
  net.match(m, v);
  net.end(net.ask("m1"), VerdictOutcome::carried, 900'000);
  EXPECT_EQ(net.last<Verdict>().outcome, VerdictOutcome::plugin_failed);
  EXPECT_EQ(net.state.ledger.verdicts, 0u);
}

TEST_F(Validation, APluginsFailureIsNobodysFault) {
  net.match(m, v);
  net.end(net.ask("m1"), VerdictOutcome::plugin_failed);
  EXPECT_EQ(net.v("v").misses, 0u);
  EXPECT_EQ(net.v("v").reliability_ppm, ppm_one);
  EXPECT_EQ(net.m("m1").misses, 0);
}

TEST_F(Validation, WhenAValidatorFailsAnotherIsAsked) {
  net.match(m, v);
  net.validator("own", 10, {"chat"});
  const auto w = net.state.find_validator("own");
  const std::uint64_t request = net.ask("m1");
  net.end(request, VerdictOutcome::validator_failed);
  ASSERT_EQ(net.state.open.size(), 1u);
  const OpenRequest& retry = net.state.open.begin()->second;
  EXPECT_EQ(retry.validator, w);
  EXPECT_EQ(retry.tried, std::vector<std::uint32_t>{v});
  EXPECT_EQ(net.state.current(m, 0), v) << "the match stays";
}

TEST_F(Validation, TheLeastLoadedEligibleValidatorStepsIn) {
  net.match(m, v);
  const auto busy = net.validator("busy");
  net.match(net.miner("m2"), busy);
  net.validator("embedder", 10, {"embedding"});
  net.validator("leaving");
  net.set(Role::validator, "leaving", Status::draining).value();
  const auto idle = net.validator("idle");
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.last<Verdict>().retry, idle);
}

TEST_F(Validation, AMinersOwnAndOtherValidatorsDoNotStepIn) {
  Settings s = plain_settings();
  s.redundancy = 2;
  Subnet two(s);
  const auto a = two.validator("a");
  const auto b = two.validator("b");
  two.validator("own", 10, {"chat"}, key_a);
  const auto miner = two.miner("m", "chat", key_a);
  two.match(miner, a, 0);
  two.match(miner, b, 1);
  two.end(two.ask("m"), VerdictOutcome::validator_failed);
  EXPECT_EQ(two.last<Verdict>().retry, none);
}

TEST_F(Validation, AtMostThreeOthersAreAsked) {
  net.match(m, v);
  for (const char* id : {"w1", "w2", "w3", "w4"}) net.validator(id);
  net.ask("m1");
  std::size_t asked = 0;
  while (!net.state.open.empty()) {
    net.end(net.state.open.begin()->first, VerdictOutcome::validator_failed);
    ++asked;
  }
  EXPECT_EQ(asked, 1 + limits::validation_retries_max);
}

TEST_F(Validation, WithNobodyLeftTheLastEpochsMeanIsCarriedOnce) {
  net.match(m, v);
  net.score("m1", 800'000);
  net.give(CloseEpoch{}).value();
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.last<Verdict>().outcome, VerdictOutcome::carried);
  EXPECT_EQ(net.last<Verdict>().score_ppm, 800'000u);
  ASSERT_EQ(net.state.ledger.cells.size(), 1u);
  EXPECT_EQ(net.state.ledger.cells[0].validator, none);
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.last<Verdict>().outcome, VerdictOutcome::validator_failed) << "once an epoch";
}

TEST_F(Validation, WithoutALastEpochNothingIsCarried) {
  net.match(m, v);
  net.end(net.ask("m1"), VerdictOutcome::validator_failed);
  EXPECT_EQ(net.last<Verdict>().outcome, VerdictOutcome::validator_failed);
}

TEST_F(Validation, AMatchThatMovesLeavesTheOpenRequestWhereItIs) {
  const auto w = net.validator("w");
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  net.match(m, w, 0, true);
  EXPECT_EQ(net.state.open.at(request).validator, v);
  net.end(request, VerdictOutcome::scored, 900'000);
  EXPECT_EQ(net.state.ledger.cells.at(0).validator, v);
}

TEST_F(Validation, RequestsOfADaySurviveARestart) {
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  EXPECT_EQ(resume(net.state).validate, std::vector<std::uint64_t>{request});
  EXPECT_TRUE(resume(net.state).match_reload);
}

TEST_F(Validation, AVerdictNeverPassesToTheNextTenantOfASlot) {
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  net.remove(Role::validator, "v").value();
  EXPECT_EQ(net.validator("w"), v);
  net.end(request, VerdictOutcome::scored, 1);
  EXPECT_EQ(net.last_facts, 0u);
  EXPECT_EQ(net.v("w").last_verdict_block, 0u);
}

}  // namespace
}  // namespace subnetd::engine::testing
