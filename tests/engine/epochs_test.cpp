// SPDX-License-Identifier: 0BSD
// The cut, what is paid, and what is held.
#include <gtest/gtest.h>

#include <numeric>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

struct Epochs : ::testing::Test {
  Subnet net;
  std::uint32_t v = net.validator("v");
  std::uint32_t m = net.miner("m1");

  void SetUp() override { net.match(m, v); }
  // All to the first payable miner, the rest unallocated.
  static EmissionOutput pay_first_miner(const EmissionInput& in, std::uint64_t amount) {
    EmissionOutput out;
    out.amount_nano.assign(in.uid.size(), 0);
    out.unallocated_nano = in.budget_nano;
    for (std::size_t i = 0; i < in.uid.size(); ++i) {
      if (in.role[i] != static_cast<std::uint8_t>(Role::miner) || in.payable[i] == 0) continue;
      out.amount_nano[i] = amount;
      out.unallocated_nano -= amount;
      break;
    }
    return out;
  }
  EmissionComputed computed(std::uint64_t amount) {
    const EmissionInput in = emission_input(net.state);
    return {in.epoch, "test", pay_first_miner(in, amount),
            EmissionRows{in.registered_at, in.payable}};
  }
};

TEST_F(Epochs, AnEpochIsTwoFactsAndAddsUp) {
  net.score("m1", 900'000);
  EXPECT_EQ(net.give(CloseEpoch{}).value().epoch, 1u);
  EXPECT_EQ(net.effects.emit, 1u);
  ASSERT_TRUE(net.give(computed(600'000)));
  const EpochEmitted& e = net.last<EpochEmitted>();
  EXPECT_EQ(e.epoch, 1u);
  EXPECT_EQ(e.policy, "test");
  EXPECT_EQ(e.amount_nano, (std::vector<std::uint64_t>{0, 600'000}));
  EXPECT_EQ(e.unallocated_nano, 400'000u);
  EXPECT_EQ(e.score_sum_ppm, (std::vector<std::uint64_t>{0, 900'000}));
  EXPECT_EQ(e.incentive, (std::vector<std::uint16_t>{0, 0}));
  EXPECT_EQ(net.state.epoch.last_emitted, 1u);
  EXPECT_EQ(net.state.epoch.closed, 0u);
}

TEST_F(Epochs, VerdictsAfterTheCutBelongToTheNext) {
  net.give(CloseEpoch{}).value();
  net.score("m1", 900'000);
  EXPECT_EQ(emission_input(net.state).score_count, (std::vector<std::uint32_t>{0, 0}));
  net.give(computed(0)).value();
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(emission_input(net.state).score_count, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(Epochs, AnIdempotencyKeyClosesOneEpoch) {
  const CloseEpoch close{{}, Idempotency{11, 22}};
  EXPECT_EQ(net.give(close).value().epoch, 1u);
  net.give(computed(0)).value();
  EXPECT_EQ(net.give(close).value().epoch, 1u);
  EXPECT_EQ(net.last_facts, 0u) << "a late retry closes nothing";
  const auto other = net.give(CloseEpoch{{}, Idempotency{11, 23}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::refused);
  EXPECT_EQ(net.give(CloseEpoch{{}, Idempotency{12, 22}}).value().epoch, 2u);
  EXPECT_EQ(content_hash(net.replayed()), content_hash(net.state));
}

TEST_F(Epochs, TheClockClosesOneAfterItsTime) {
  net.wait(599'999);
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 0u);
  net.wait(1);
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 1u);
  EXPECT_EQ(net.last<EpochClosed>().block, 75u);
  EXPECT_EQ(net.state.epoch.seed, Challenge{1});
}

TEST_F(Epochs, AfterDowntimeExactlyOneCloses) {
  net.wait(600'000 * 40);
  net.boot().value();
  net.tick();
  net.give(computed(0)).value();
  net.tick();
  EXPECT_EQ(net.count<EpochClosed>(), 1u);
}

TEST_F(Epochs, AFailingPolicyHoldsTheEpochAndIsAskedAgain) {
  net.give(CloseEpoch{}).value();
  net.give(EmissionComputed{1, "test", fail(Errc::plugin, "out of order"), {}}).value();
  EXPECT_TRUE(net.state.epoch.held);
  EXPECT_EQ(net.state.epoch.held_reason, "out of order");
  net.effects = {};
  net.wait(59'999);
  net.tick();
  EXPECT_EQ(net.effects.emit, 0u);
  net.wait(1);
  net.tick();
  EXPECT_EQ(net.effects.emit, 1u);
  EXPECT_FALSE(net.state.epoch.held);
  net.give(computed(5)).value();
  EXPECT_EQ(net.state.epoch.last_emitted, 1u);
}

TEST_F(Epochs, AHeldEpochIsAskedAgainAtEveryStart) {
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(resume(net.state).emit, 1u);
}

TEST_F(Epochs, WhileOneIsHeldTheNextDoesNotClose) {
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(net.give(CloseEpoch{}).value().epoch, 1u);
  net.wait(600'000 * 2);
  net.tick();
  EXPECT_EQ(net.state.epoch.closed, 1u);
  EXPECT_EQ(net.state.epoch.open, 2u);
}

TEST_F(Epochs, SumsThatMissTheBudgetAreNotPaid) {
  net.give(CloseEpoch{}).value();
  EmissionComputed wrong = computed(10);
  ++wrong.output->dust_nano;
  EXPECT_EQ(net.give(wrong).error().code, Errc::plugin);
  EXPECT_TRUE(net.state.epoch.held);
  EXPECT_EQ(net.count<EpochEmitted>(), 0u);
}

TEST_F(Epochs, SumsThatWrapAroundAreNotPaid) {
  net.give(CloseEpoch{}).value();
  EmissionComputed wrong = computed(0);
  wrong.output->amount_nano[1] = UINT64_MAX;
  wrong.output->unallocated_nano = 1'000'001;
  EXPECT_FALSE(net.give(wrong));
}

TEST_F(Epochs, TooFewAmountsAreNotPaid) {
  net.give(CloseEpoch{}).value();
  EmissionComputed wrong = computed(0);
  wrong.output->amount_nano.pop_back();
  EXPECT_FALSE(net.give(wrong));
}

TEST_F(Epochs, AFlaggedMinerIsNeverPaid) {
  for (int i = 0; i < 5; ++i) net.score("m1", 0);
  net.give(CloseEpoch{}).value();
  EmissionComputed wrong = computed(0);
  wrong.output->amount_nano[1] = 5;
  wrong.output->unallocated_nano -= 5;
  EXPECT_FALSE(net.give(wrong));
  for (Status hiding : {Status::inactive, Status::draining}) {
    net.set(Role::miner, "m1", hiding).value();
    EXPECT_EQ(emission_input(net.state).payable, (std::vector<std::uint8_t>{1, 0}));
  }
}

TEST_F(Epochs, AnAnswerMayComeWithoutRowsInTheSameTurn) {
  net.give(CloseEpoch{}).value();
  EmissionComputed now = computed(3);
  now.rows.reset();
  ASSERT_TRUE(net.give(now));
  EXPECT_EQ(net.last<EpochEmitted>().amount_nano[1], 3u);
}

TEST_F(Epochs, WhatALeaverWasGivenStaysUnallocatedAndNotItsSuccessors) {
  net.score("m1", 900'000);
  net.give(CloseEpoch{}).value();
  EmissionComputed late = computed(600'000);
  late.output->incentive = {0, 65535};
  net.remove(Role::miner, "m1").value();
  net.miner("heir");
  ASSERT_EQ(net.m("heir").uid, 1u);
  ASSERT_TRUE(net.give(late));
  const EpochEmitted& e = net.last<EpochEmitted>();
  EXPECT_EQ(e.amount_nano, (std::vector<std::uint64_t>{0, 0}));
  EXPECT_EQ(e.incentive, (std::vector<std::uint16_t>{0, 0}));
  EXPECT_EQ(e.unallocated_nano, 1'000'000u);
}

TEST_F(Epochs, WhoWasFlaggedMeanwhileIsNotPaid) {
  for (int i = 0; i < 4; ++i) net.score("m1", 0);
  net.give(CloseEpoch{}).value();
  const EmissionComputed late = computed(600'000);
  net.score("m1", 0);
  ASSERT_TRUE(net.give(late));
  EXPECT_EQ(net.last<EpochEmitted>().unallocated_nano, 1'000'000u);
}

TEST_F(Epochs, NewcomersDoNotShiftTheRows) {
  net.score("m1", 900'000);
  net.give(CloseEpoch{}).value();
  const EmissionComputed late = computed(600'000);
  net.miner("new");
  ASSERT_TRUE(net.give(late));
  EXPECT_EQ(net.last<EpochEmitted>().amount_nano, (std::vector<std::uint64_t>{0, 600'000, 0}));
}

TEST_F(Epochs, AnAnswerForAnotherEpochIsLeftAlone) {
  net.give(computed(0)).value();
  EXPECT_EQ(net.last_facts, 0u);
  net.give(CloseEpoch{}).value();
  EmissionComputed other = computed(0);
  other.epoch = 9;
  net.give(other).value();
  EXPECT_EQ(net.last_facts, 0u);
}

TEST_F(Epochs, TheLastStepIsTheBlockOfTheEpochThatWasPaid) {
  net.wait(80'000);
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(emission_input(net.state).block, 10u);
  EXPECT_EQ(emission_input(net.state).last_step_block, 0u);
  net.give(computed(0)).value();
  net.give(CloseEpoch{}).value();
  EXPECT_EQ(emission_input(net.state).last_step_block, 10u);
}

}  // namespace
}  // namespace subnetd::engine::testing
