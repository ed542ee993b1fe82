// SPDX-License-Identifier: 0BSD
// Starts, restarts with other settings, and the clock.
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

Settings with_redundancy(std::uint32_t k) {
  Settings s = plain_settings();
  s.redundancy = k;
  return s;
}

TEST(Start, EveryStartHasANumber) {
  Subnet net;
  EXPECT_EQ(net.state.boot, 1u);
  net.boot().value();
  EXPECT_EQ(net.state.boot, 2u);
  EXPECT_TRUE(net.effects.match_reload);
}

TEST(Start, NothingHappensBeforeTheFirst) {
  const State state;
  Input input;
  input.body = Tick{};
  const Decision decision = decide(state, input);
  EXPECT_TRUE(decision.facts.empty());
  EXPECT_EQ(decision.answer.error().code, Errc::unavailable);
}

TEST(Start, SettingsThatCannotWorkAreRefused) {
  const auto refused = [](auto change) {
    Settings s = plain_settings();
    change(s);
    Subnet net;
    const auto answer = net.restart(s);
    return !answer && answer.error().code == Errc::config && net.state.boot == 1;
  };
  EXPECT_TRUE(refused([](Settings& s) { s.redundancy = 0; }));
  EXPECT_TRUE(refused([](Settings& s) { s.redundancy = limits::redundancy_max + 1; }));
  EXPECT_TRUE(refused([](Settings& s) { s.interval_ms = 0; }));
  EXPECT_TRUE(refused([](Settings& s) { s.epoch_ms = 0; }));
  EXPECT_TRUE(refused([](Settings& s) { s.misses_max = 0; }));
  EXPECT_TRUE(refused([](Settings& s) { s.misses_max = limits::misses_max + 1; }));
  EXPECT_FALSE(refused([](Settings& s) { s.redundancy = limits::redundancy_max; }));
}

TEST(Start, TypesAreBoundedInNumberAndName) {
  Subnet net;
  net.types.assign(1, std::string(limits::model_type_bytes_max + 1, 't'));
  EXPECT_EQ(net.boot().error().code, Errc::config);
  net.types.clear();
  for (std::size_t i = 0; i < limits::model_types_max; ++i) {
    net.types.push_back("t" + std::to_string(i));
  }
  EXPECT_EQ(net.boot().error().code, Errc::config) << "unknown and the first three count";
  net.types.resize(limits::model_types_max - 4);
  EXPECT_TRUE(net.boot());
}

TEST(Start, TypesAreSortedOnceAndKeepTheirNumbers) {
  Subnet net;
  const TypeId chat = net.state.find_type("chat");
  net.types = {"zebra", "chat", "zebra", "unknown"};
  net.boot().value();
  EXPECT_EQ(net.state.find_type("chat"), chat);
  EXPECT_NE(net.state.find_type("zebra"), none);
  EXPECT_EQ(net.state.declared[net.state.find_type("embedding")], 0);
  EXPECT_EQ(net.state.declared[type_unknown], 0);
}

TEST(Start, MoreCopiesBeginUnmatched) {
  Subnet net;
  const auto v = net.validator("v");
  const auto m = net.miner("m1");
  const auto closed = net.miner("m2");
  net.miner("m3");
  net.match(m, v);
  net.set(Role::miner, "m2", Status::inactive).value();
  net.remove(Role::miner, "m3").value();
  net.restart(with_redundancy(3)).value();
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.state.current(m, 1), none);
  EXPECT_EQ(net.why(m, 2), UnmatchedReason::pending);
  EXPECT_EQ(net.why(closed, 2), UnmatchedReason::closed);
  EXPECT_EQ(net.v("v").load, 1u);
}

TEST(Start, ANewCopyWaitsSinceThisStart) {
  Subnet net;
  const auto m = net.miner("m1");
  net.wait(90'000);
  net.restart(with_redundancy(2)).value();
  EXPECT_EQ(net.state.columns.since_s[m * 2], 0u);
  EXPECT_EQ(net.state.columns.since_s[m * 2 + 1], 90u);
}

TEST(Start, FewerCopiesGiveTheirPlacesAndRequestsBack) {
  Subnet net(with_redundancy(2));
  const auto v = net.validator("v");
  const auto w = net.validator("w");
  const auto m = net.miner("m1");
  net.match(m, v, 0);
  net.match(m, w, 1);
  const std::uint64_t first = net.ask("m1");
  net.restart(with_redundancy(1)).value();
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.v("w").load, 0u);
  EXPECT_EQ(net.v("w").open, 0u);
  EXPECT_EQ(net.m("m1").open, 1);
  EXPECT_EQ(net.effects.cancel, std::vector<std::uint64_t>{first + 1});
  EXPECT_EQ(resume(net.state).validate, std::vector<std::uint64_t>{first});
}

TEST(Start, TheClockNeverGoesBack) {
  Subnet net;
  net.wait(-60'000);
  net.miner("m1");
  EXPECT_EQ(net.facts.back().now_ms, net.facts.front().now_ms);
}

TEST(Start, ReplayLeadsToTheSameState) {
  Subnet net(with_redundancy(2));
  const auto v = net.validator("v", 3, {"*"}, key_a);
  const auto w = net.validator("w");
  const auto m = net.miner("m1", "chat", key_b);
  net.miner("m2", "embedding");
  net.match(m, v, 0);
  net.match(m, w, 1);
  net.wait(70'000);
  net.tick();
  while (!net.state.open.empty()) {
    net.end(net.state.open.begin()->first, VerdictOutcome::scored, 600'000);
  }
  net.give(MapNamespace{"acme/*", "embedding"}).value();
  net.give(CloseEpoch{}).value();
  net.give(EmissionComputed{1, "test", fail(Errc::plugin, "no"), {}}).value();
  net.restart(with_redundancy(1)).value();
  net.remove(Role::miner, "m2").value();
  const State again = net.replayed();
  EXPECT_EQ(again.digest.value(), net.state.digest.value());
  EXPECT_EQ(content_hash(again), content_hash(net.state));
}

TEST(Start, StatesThatDifferHashDifferently) {
  Subnet a, b;
  EXPECT_EQ(content_hash(a.state), content_hash(b.state));
  a.miner("m1");
  b.miner("m2");
  EXPECT_NE(content_hash(a.state), content_hash(b.state));
  EXPECT_NE(a.state.digest.value(), b.state.digest.value());
}

TEST(Start, AStateMayBeCopied) {
  Subnet net;
  net.miner("m1");
  const State copy = net.state;
  net.remove(Role::miner, "m1").value();
  EXPECT_EQ(copy.miner_id(copy.find_miner("m1")), "m1");
}

using StartDeathTest = ::testing::Test;

TEST(StartDeathTest, AFactFromThePastEndsTheProcess) {
  Subnet net;
  Effects effects;
  EXPECT_DEATH(apply(net.state, Fact{1, Rebalancing{}}, effects), "");
}

TEST(Start, EffectsThatAskForNothingAreEmpty) {
  EXPECT_TRUE(Effects{}.empty());
  Effects some;
  some.cancel = {1};
  EXPECT_FALSE(some.empty());
}

}  // namespace
}  // namespace subnetd::engine::testing
