// SPDX-License-Identifier: 0BSD
// The hard rules of matching, whatever a matcher says.
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

Settings with_redundancy(std::uint32_t k) {
  Settings s = plain_settings();
  s.redundancy = k;
  return s;
}

TEST(Matching, AMatchTakesAPlaceAndGivesNoReason) {
  Subnet net;
  const auto v = net.validator("v");
  const auto m = net.miner("m1");
  EXPECT_EQ(net.match(m, v).refused, 0u);
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.v("v").load, 1u);
  EXPECT_EQ(net.why(m), UnmatchedReason::none);
}

TEST(Matching, CapacityIsNeverExceeded) {
  Subnet net;
  const auto v = net.validator("v", 2);
  for (const char* id : {"a", "b", "c"}) net.miner(id);
  MatchProposed all;
  for (std::uint32_t m = 0; m < 3; ++m) all.moves.push_back({m, 0, v, UnmatchedReason::none});
  const Answer answer = net.give(all).value();
  EXPECT_EQ(answer.refused, 1u);
  EXPECT_EQ(answer.refusal, "miner c copy 0 to validator v: no_capacity");
  EXPECT_EQ(net.v("v").load, 2u);
  EXPECT_EQ(net.why(2), UnmatchedReason::refused);
}

TEST(Matching, AValidatorChecksOnlyTypesThatItServes) {
  Subnet net;
  const auto v = net.validator("v", 10, {"embedding"});
  const auto m = net.miner("m1");
  EXPECT_EQ(net.match(m, v).refused, 1u);
  EXPECT_EQ(why_not(net.state, m, 0, v), UnmatchedReason::no_validator);
}

TEST(Matching, NobodyChecksAMinerOfTheSameKey) {
  Subnet net;
  const auto v = net.validator("v", 10, {"chat"}, key_a);
  const auto own = net.miner("m1", "chat", key_a);
  const auto other = net.miner("m2", "chat", key_b);
  EXPECT_NE(net.match(own, v).refusal.find("own_validator"), std::string::npos);
  EXPECT_EQ(why_not(net.state, own, 0, v), UnmatchedReason::own_validator);
  EXPECT_EQ(net.match(other, v).refused, 0u);
}

TEST(Matching, NodesWithoutAKeyAreStrangersToEachOther) {
  Subnet net;
  EXPECT_EQ(net.match(net.miner("m1"), net.validator("v")).refused, 0u);
}

TEST(Matching, CopiesOfAMinerHaveDistinctValidators) {
  Subnet net(with_redundancy(2));
  const auto v = net.validator("v");
  const auto w = net.validator("w");
  const auto m = net.miner("m1");
  const Answer answer = net.give(MatchProposed{{{m, 0, v, {}}, {m, 1, v, {}}}, false}).value();
  EXPECT_NE(answer.refusal.find("not_distinct"), std::string::npos);
  EXPECT_EQ(why_not(net.state, m, 1, v), UnmatchedReason::not_distinct);
  EXPECT_EQ(net.match(m, w, 1).refused, 0u);
}

TEST(Matching, UnknownIsMatchedOnlyToAValidatorOfEverything) {
  Subnet net;
  const auto v = net.validator("v", 10, {"chat"});
  const auto any = net.validator("any", 10, {"*"});
  const auto m = net.miner("m1", "unknown");
  EXPECT_EQ(net.match(m, v).refused, 1u);
  EXPECT_EQ(net.match(m, any).refused, 0u);
  EXPECT_EQ(net.state.type_name(net.v("any").types[0]), "*");
}

TEST(Matching, ADrainingValidatorKeepsWhatItHasAndGetsNothingNew) {
  Subnet net;
  const auto v = net.validator("v");
  const auto kept = net.miner("m1");
  const auto late = net.miner("m2");
  net.match(kept, v);
  net.set(Role::validator, "v", Status::draining).value();
  EXPECT_EQ(net.match(late, v).refused, 1u);
  EXPECT_EQ(net.state.current(kept, 0), v);
  EXPECT_EQ(why_not(net.state, kept, 0, v), UnmatchedReason::none);
  EXPECT_EQ(why_not(net.state, late, 0, v), UnmatchedReason::no_validator);
}

TEST(Matching, AnInactiveValidatorReleasesAllItsMiners) {
  Subnet net;
  const auto v = net.validator("v");
  for (const char* id : {"a", "b"}) net.match(net.miner(id), v);
  net.effects = {};
  net.set(Role::validator, "v", Status::inactive).value();
  EXPECT_EQ(net.v("v").load, 0u);
  EXPECT_EQ(net.why(0), UnmatchedReason::pending);
  EXPECT_TRUE(net.told(MatchEventKind::miner_changed, 0));
  EXPECT_TRUE(net.told(MatchEventKind::miner_changed, 1));
  EXPECT_TRUE(net.told(MatchEventKind::validator_left, v));
  EXPECT_EQ(net.match(0, v).refused, 1u);
}

TEST(Matching, AShrunkenCapacityGivesBackWhatIsTooMuch) {
  Subnet net;
  const auto v = net.validator("v", 3);
  for (const char* id : {"a", "b", "c"}) net.match(net.miner(id), v);
  Update u;
  u.role = Role::validator;
  u.id = "v";
  u.capacity = 1;
  net.give(u).value();
  EXPECT_EQ(net.v("v").load, 1u);
  EXPECT_EQ(why_not(net.state, 0, 0, v), UnmatchedReason::no_capacity);
}

TEST(Matching, LostTypesGoBeforeWhatIsOverCapacity) {
  Subnet net;
  const auto v = net.validator("v", 2, {"chat", "embedding"});
  const auto chat = net.miner("a", "chat");
  const auto embedding = net.miner("b", "embedding");
  net.match(chat, v);
  net.match(embedding, v);
  Update u;
  u.role = Role::validator;
  u.id = "v";
  u.capacity = 1;
  u.specializations = std::vector<std::string>{"chat"};
  net.give(u).value();
  EXPECT_EQ(net.state.current(chat, 0), v);
  EXPECT_EQ(net.state.current(embedding, 0), none);
}

TEST(Matching, OnlyRebalancingMovesAMatchedCopy) {
  Subnet net;
  const auto v = net.validator("v");
  const auto w = net.validator("w");
  const auto m = net.miner("m1");
  net.match(m, v);
  EXPECT_EQ(net.match(m, w).refused, 1u);
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.match(m, v).refused, 0u) << "where it is already";
  EXPECT_EQ(net.match(m, w, 0, true).refused, 0u);
  EXPECT_EQ(net.state.current(m, 0), w);
  EXPECT_EQ(net.v("v").load, 0u);
  EXPECT_EQ(net.v("w").load, 1u);
}

TEST(Matching, RebalancingTakesNothingAway) {
  Subnet net;
  const auto v = net.validator("v");
  const auto full = net.validator("full", 1);
  const auto m = net.miner("m1");
  net.match(m, v);
  net.match(net.miner("m2"), full);
  EXPECT_EQ(net.match(m, none, 0, true).refused, 1u);
  EXPECT_EQ(net.match(m, full, 0, true).refused, 1u);
  EXPECT_EQ(net.state.current(m, 0), v);
}

TEST(Matching, APlaceThatRebalancingFreesIsOfferedToWhoeverWaits) {
  Subnet net;
  const auto v = net.validator("v", 1);
  const auto w = net.validator("w");
  const auto m = net.miner("m1");
  net.match(m, v);
  net.effects = {};
  net.match(m, w, 0, true);
  ASSERT_EQ(net.effects.match.size(), 1u);
  EXPECT_EQ(net.effects.match[0].kind, MatchEventKind::validator_changed);
  EXPECT_EQ(net.effects.match[0].slot, v);
}

TEST(Matching, RebalancingMovesNoMoreThanItMay) {
  Settings s = plain_settings();
  s.moves_per_minute = 1;
  Subnet net(s);
  const auto v = net.validator("v");
  const auto w = net.validator("w");
  for (const char* id : {"a", "b"}) net.match(net.miner(id), v);
  const Answer answer =
      net.give(MatchProposed{{{0, 0, w, {}}, {1, 0, w, {}}}, true}).value();
  EXPECT_EQ(answer.refused, 1u);
  EXPECT_EQ(net.v("w").load, 1u);
}

TEST(Matching, TheOrderOfMovesMeansNothing) {
  for (const bool taken_first : {true, false}) {
    Subnet net;
    const auto v = net.validator("v", 2, {"chat", "embedding"});
    const auto w = net.validator("w", 1, {"chat"});
    const auto a = net.miner("a");
    const auto b = net.miner("b");
    net.match(a, v);
    net.match(b, w);
    MatchProposed swap{{{a, 0, w, {}}, {b, 0, v, {}}}, true};
    if (!taken_first) std::swap(swap.moves[0], swap.moves[1]);
    EXPECT_EQ(net.give(swap).value().refused, 0u);
    EXPECT_EQ(net.state.current(a, 0), w);
    EXPECT_EQ(net.state.current(b, 0), v);
    EXPECT_EQ(net.replayed().digest.value(), net.state.digest.value());
  }
}

TEST(Matching, AFullRingOfValidatorsMayTurn) {
  Subnet net;
  std::vector<std::uint32_t> v;
  for (const std::string id : {"u", "v", "w"}) {
    v.push_back(net.validator(id, 1));
    net.match(net.miner("of_" + id), v.back());
  }
  MatchProposed turn{{}, true};
  for (std::uint32_t m = 0; m < 3; ++m) turn.moves.push_back({m, 0, v[(m + 1) % 3], {}});
  EXPECT_EQ(net.give(turn).value().refused, 0u);
  for (std::uint32_t m = 0; m < 3; ++m) EXPECT_EQ(net.state.current(m, 0), v[(m + 1) % 3]);
}

TEST(Matching, CopiesOfAMinerMayTradePlaces) {
  Subnet net(with_redundancy(2));
  const auto v = net.validator("v", 1);
  const auto w = net.validator("w", 1);
  const auto m = net.miner("m1");
  net.match(m, v, 0);
  net.match(m, w, 1);
  EXPECT_EQ(net.give(MatchProposed{{{m, 0, w, {}}, {m, 1, v, {}}}, true}).value().refused, 0u);
  EXPECT_EQ(net.state.current(m, 0), w);
  EXPECT_EQ(net.state.current(m, 1), v);
}

// a wants a validator that does not serve it, so it stays; then b, which was to have its place, and
// c, which was to have b's.
TEST(Matching, WhoWasToHaveThePlaceOfARefusedMoveIsRefusedToo) {
  Subnet net;
  const auto odd = net.validator("odd", 9, {"embedding"});
  const auto v = net.validator("v", 1);
  const auto w = net.validator("w", 1);
  const auto a = net.miner("a");
  const auto b = net.miner("b");
  const auto c = net.miner("c");
  net.match(a, v);
  net.match(b, w);
  const Answer answer =
      net.give(MatchProposed{{{c, 0, w, {}}, {b, 0, v, {}}, {a, 0, odd, {}}}, true}).value();
  EXPECT_EQ(answer.refused, 3u);
  EXPECT_EQ(answer.refusal, "miner a copy 0 to validator odd: no_validator");
  EXPECT_EQ(net.state.current(a, 0), v);
  EXPECT_EQ(net.state.current(b, 0), w);
  EXPECT_EQ(net.state.current(c, 0), none);
  EXPECT_EQ(net.why(c), UnmatchedReason::refused);
  EXPECT_EQ(net.v("v").load, 1u);
  EXPECT_EQ(net.v("w").load, 1u);
}

TEST(Matching, ACopyThatStaysKeepsItsValidatorFromAnotherCopy) {
  Subnet net(with_redundancy(2));
  const auto odd = net.validator("odd", 9, {"embedding"});
  const auto v = net.validator("v");
  const auto m = net.miner("m1");
  net.match(m, v, 0);
  const Answer answer =
      net.give(MatchProposed{{{m, 1, v, {}}, {m, 0, odd, {}}}, true}).value();
  EXPECT_EQ(answer.refused, 2u);
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.state.current(m, 1), none);
  EXPECT_EQ(net.v("v").load, 1u);
}

TEST(Matching, ACopyMovesOnceInABatch) {
  Subnet net;
  const auto v = net.validator("v");
  const auto w = net.validator("w");
  const auto m = net.miner("m1");
  const Answer answer = net.give(MatchProposed{{{m, 0, v, {}}, {m, 0, w, {}}}, true}).value();
  EXPECT_EQ(answer.refusal, "miner m1 copy 0 to validator w: it is moved twice");
  EXPECT_EQ(net.state.current(m, 0), v);
  EXPECT_EQ(net.v("w").load, 0u);
}

TEST(Matching, AFullPairOfValidatorsMaySwapThroughAFreePlace) {
  Subnet net;
  const auto v = net.validator("v", 2);
  const auto w = net.validator("w", 1);
  const auto a = net.miner("a");
  const auto b = net.miner("b");
  net.match(a, v);
  net.match(b, w);
  const Answer answer = net.give(MatchProposed{{{b, 0, v, {}}, {a, 0, w, {}}}, true}).value();
  EXPECT_EQ(answer.refused, 0u);
  EXPECT_EQ(net.state.current(a, 0), w);
  EXPECT_EQ(net.state.current(b, 0), v);
}

TEST(Matching, CopiesOfFullValidatorsMayChangePlacesRoundACircle) {
  Subnet net;
  std::vector<std::uint32_t> v, m;
  for (const char* id : {"v0", "v1", "v2"}) v.push_back(net.validator(id, 1));
  for (const char* id : {"m0", "m1", "m2"}) m.push_back(net.miner(id));
  for (int i = 0; i < 3; ++i) net.match(m[i], v[i]);
  const Answer turned =
      net.give(MatchProposed{{{m[0], 0, v[1], {}}, {m[1], 0, v[2], {}}, {m[2], 0, v[0], {}}}, true})
          .value();
  EXPECT_EQ(turned.refused, 0u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(net.state.current(m[i], 0), v[(i + 1) % 3]);
  // Without the last one nobody gives up a place: all stay, and the first move twice is once.
  const Answer open =
      net.give(MatchProposed{{{m[0], 0, v[2], {}}, {m[0], 0, v[2], {}}, {m[1], 0, v[0], {}}}, true})
          .value();
  EXPECT_EQ(open.refused, 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(net.state.current(m[i], 0), v[(i + 1) % 3]);
}

TEST(Matching, ARebalancingIsAskedForOnceAMinuteAlsoWithoutMoves) {
  Settings s = plain_settings();
  s.moves_per_minute = 0;
  Subnet net(s);
  net.miner("m1");
  net.effects = {};
  net.wait(59'999);
  net.tick();
  EXPECT_FALSE(net.effects.rebalance);
  net.wait(1);
  net.tick();
  EXPECT_TRUE(net.effects.rebalance) << "copies that a matcher forgot are matched then";
  net.tick();
  EXPECT_EQ(net.count<Rebalancing>(), 1u);
}

TEST(Matching, EveryUnmatchedCopyHasAReason) {
  Subnet net;
  const auto m = net.miner("m1");
  net.unmatched(m, UnmatchedReason::no_capacity);
  EXPECT_EQ(net.why(m), UnmatchedReason::no_capacity);
  EXPECT_EQ(net.count<Matched>(), 1u);
  net.unmatched(m, UnmatchedReason::no_capacity);
  EXPECT_EQ(net.count<Matched>(), 1u) << "no news, no fact";
  EXPECT_EQ(net.unmatched(m, UnmatchedReason::none).refused, 1u);
  EXPECT_EQ(net.why(m), UnmatchedReason::refused);
  EXPECT_EQ(net.unmatched(m, UnmatchedReason::closed).refused, 1u) << "not the matcher's to say";
}

TEST(Matching, MovesOfWhoIsNotThereAreRefused) {
  Subnet net;
  const auto v = net.validator("v");
  const auto m = net.miner("m1");
  EXPECT_EQ(net.match(7, v).refused, 1u);
  EXPECT_EQ(net.match(m, 7).refused, 1u);
  EXPECT_EQ(net.match(m, v, 1).refused, 1u) << "there is one copy only";
  net.set(Role::miner, "m1", Status::inactive).value();
  EXPECT_EQ(net.match(m, v).refused, 1u);
  net.remove(Role::miner, "m1").value();
  EXPECT_EQ(net.match(m, v).refused, 1u);
}

TEST(Matching, ReasonsAndStatusesHaveNames) {
  EXPECT_STREQ(unmatched_reason_name(UnmatchedReason::refused), "refused");
  EXPECT_STREQ(unmatched_reason_name(UnmatchedReason::own_validator), "own_validator");
  EXPECT_STREQ(status_name(Status::draining), "draining");
  EXPECT_STREQ(role_name(Role::none), "none");
  EXPECT_STREQ(protocol_name(Protocol::classic), "classic");
  EXPECT_STREQ(status_reason_text(StatusReason::none), "");
  EXPECT_STREQ(status_reason_text(StatusReason::set), "set by owner or operator");
  EXPECT_STREQ(status_reason_text(StatusReason::missed), "missed");
  EXPECT_STREQ(status_reason_text(StatusReason::low_score), "low_score");
  EXPECT_EQ(parse_status("draining"), Status::draining);
  EXPECT_FALSE(parse_status("flagged")) << "nobody sets that";
}

}  // namespace
TEST(Matching, AMinerInSomebodysSlotIsOrderedByItsRegistration) {
  Subnet net;
  for (const char* id : {"a", "b", "c"}) net.miner(id);
  const auto& columns = net.state.columns;
  EXPECT_TRUE(columns.order.empty()) << "slots are in the order of registration";
  ASSERT_TRUE(net.give(Remove{Role::miner, "b"}));
  const std::uint32_t late = net.miner("d");
  ASSERT_EQ(late, 1u);
  net.miner("e");
  ASSERT_EQ(columns.order.size(), 4u);
  for (std::uint32_t m = 0; m < 4; ++m) EXPECT_EQ(columns.order[m], net.state.miners[m].order);
  EXPECT_GT(columns.order[late], columns.order[2]);
  ASSERT_TRUE(net.give(Remove{Role::miner, "d"}));
  EXPECT_EQ(columns.order[late], 0u);
}

}  // namespace subnetd::engine::testing
