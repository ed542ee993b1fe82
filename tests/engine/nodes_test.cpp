// SPDX-License-Identifier: 0BSD
// Who is registered, as what.
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

Errc refusal(const Result<Answer>& answer) {
  return answer ? Errc::internal : answer.error().code;
}

Update update_of(Role role, std::string id) {
  Update u;
  u.role = role;
  u.id = std::move(id);
  u.detection = Subnet::detected("embedding");
  return u;
}

TEST(Nodes, ARegisteredMinerIsTypedAtOnceAndTheMatcherIsTold) {
  Subnet net;
  const auto answer = net.add(Subnet::miner_record("m1"), Role::miner);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->created);
  const std::uint32_t m = net.state.find_miner("m1");
  EXPECT_EQ(net.state.type_name(net.state.columns.type[m]), "chat");
  EXPECT_EQ(net.why(m), UnmatchedReason::pending);
  EXPECT_TRUE(net.told(MatchEventKind::miner_changed, m));
}

TEST(Nodes, TheRecordComesBackAsItWasRegistered) {
  Subnet net;
  NodeRecord r = Subnet::miner_record("m1", key_a);
  r.protocol = "openai";
  r.method = "predict";
  r.task = "text-generation";
  r.region = "eu";
  ASSERT_TRUE(net.add(r, Role::miner));
  EXPECT_EQ(net.state.miner_record(net.state.find_miner("m1")), r);
}

TEST(Nodes, TheSamePostTwiceIsOneNode) {
  Subnet net;
  net.miner("m1");
  const auto again = net.add(Subnet::miner_record("m1"), Role::miner);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(net.last_facts, 0u);
}

TEST(Nodes, AnIdIsTakenAcrossMinersAndValidators) {
  Subnet net;
  net.miner("x");
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("x"), Role::validator)), Errc::conflict);
  NodeRecord other = Subnet::miner_record("x");
  other.endpoint = "http://elsewhere";
  EXPECT_EQ(refusal(net.add(other, Role::miner)), Errc::conflict);
}

TEST(Nodes, AnUndeclaredSpecializationIsRefusedWithAGuess) {
  Subnet net;
  const auto answer =
      net.add(Subnet::validator_record("v1", 1, {"embeding"}), Role::validator);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::refused);
  EXPECT_EQ(answer.error().hint, "did you mean \"embedding\"?");
  const auto far = net.add(Subnet::validator_record("v1", 1, {"zzzzzzzzzz"}), Role::validator);
  EXPECT_EQ(far.error().hint, "subnetd plugin list shows which types are declared");
}

TEST(Nodes, UnknownIsNoSpecialization) {
  Subnet net;
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("v1", 1, {"unknown"}), Role::validator)),
            Errc::refused);
}

TEST(Nodes, CapacityMustBeWithinItsLimits) {
  Subnet net;
  for (std::uint32_t capacity : {0u, limits::capacity_max + 1}) {
    EXPECT_EQ(refusal(net.add(Subnet::validator_record("v1", capacity), Role::validator)),
              Errc::malformed);
  }
  EXPECT_TRUE(net.add(Subnet::validator_record("v1", limits::capacity_max), Role::validator));
}

TEST(Nodes, EveryFieldHasItsLimit) {
  Subnet net;
  const auto refused = [&net](auto change) {
    NodeRecord r = Subnet::miner_record("m1");
    change(r);
    return refusal(net.add(r, Role::miner)) == Errc::malformed;
  };
  using namespace limits;
  EXPECT_TRUE(refused([](auto& r) { r.id = std::string(id_bytes_max + 1, 'a'); }));
  EXPECT_TRUE(refused([](auto& r) { r.id = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.id = "a/b"; }));
  EXPECT_TRUE(refused([](auto& r) { r.id = "@agent"; }));
  EXPECT_TRUE(refused([](auto& r) { r.key = "short"; }));
  EXPECT_TRUE(refused([](auto& r) { r.name_space = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.name_space = std::string(namespace_bytes_max + 1, 'n'); }));
  EXPECT_TRUE(refused([](auto& r) { r.name_space = "\xff\xfe"; }));
  EXPECT_TRUE(refused([](auto& r) { r.name_space = "a\nb"; }));
  EXPECT_TRUE(refused([](auto& r) { r.endpoint = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.endpoint = std::string(endpoint_bytes_max + 1, 'e'); }));
  EXPECT_TRUE(refused([](auto& r) { r.protocol = "carrier-pigeon"; }));
  EXPECT_TRUE(refused([](auto& r) { r.method = std::string(method_bytes_max + 1, 'm'); }));
  EXPECT_TRUE(refused([](auto& r) { r.task = std::string(task_bytes_max + 1, 't'); }));
  EXPECT_TRUE(refused([](auto& r) { r.region = std::string(region_bytes_max + 1, 'r'); }));
  EXPECT_FALSE(refused([](auto& r) {
    r.id = std::string(id_bytes_max, 'a');
    r.name_space = std::string(namespace_bytes_max, 'n');
    r.endpoint = std::string(endpoint_bytes_max, 'e');
  }));
}

TEST(Nodes, SpecializationsAreOneToSixtyFourDistinctTypes) {
  Subnet net;
  net.types.clear();
  for (std::size_t i = 0; i <= limits::specializations_max; ++i) {
    net.types.push_back("t" + std::to_string(i));
  }
  net.boot().value();
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("v", 1, {}), Role::validator)),
            Errc::malformed);
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("v", 1, {"t1", "t1"}), Role::validator)),
            Errc::malformed);
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("v", 1, net.types), Role::validator)),
            Errc::malformed);
  net.types.pop_back();
  EXPECT_TRUE(net.add(Subnet::validator_record("v", 1, net.types), Role::validator));
}

TEST(Nodes, AMinerHasNeitherCapacityNorSpecializations) {
  Subnet net;
  NodeRecord r = Subnet::miner_record("m1");
  r.capacity = 3;
  EXPECT_EQ(refusal(net.add(r, Role::miner)), Errc::malformed);
  Update u = update_of(Role::miner, "m1");
  net.miner("m1");
  u.capacity = 3;
  EXPECT_EQ(refusal(net.give(u)), Errc::malformed);
}

TEST(Nodes, ANodeOfNoRoleIsRefused) {
  Subnet net;
  EXPECT_EQ(refusal(net.add(Subnet::miner_record("m1"), Role::none)), Errc::malformed);
}

TEST(Nodes, TheLowestFreeUidIsTaken) {
  Subnet net;
  net.miner("a");
  net.validator("b");
  net.miner("c");
  net.miner("d");
  net.remove(Role::miner, "c").value();
  net.remove(Role::validator, "b").value();
  net.miner("e");
  EXPECT_EQ(net.m("e").uid, 1u);
  net.miner("f");
  EXPECT_EQ(net.m("f").uid, 2u);
  net.validator("g");
  EXPECT_EQ(net.v("g").uid, 4u);
}

TEST(Nodes, AFreedSlotIsTakenAgainByAFreshRow) {
  Subnet net;
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.miner("m1");
  net.match(m, v);
  net.score("m1", 900'000);
  net.remove(Role::miner, "m1").value();
  EXPECT_EQ(net.miner("m2"), m);
  EXPECT_EQ(net.m("m2").window.size(), 0u);
  EXPECT_EQ(net.m("m2").ledger_head, none);
  EXPECT_EQ(net.state.current(m, 0), none);
}

TEST(Nodes, RemovingAMinerFreesItsPlaceAndVoidsItsRequest) {
  Subnet net;
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.miner("m1");
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  net.remove(Role::miner, "m1").value();
  EXPECT_EQ(net.v("v").load, 0u);
  EXPECT_EQ(net.v("v").open, 0u);
  EXPECT_TRUE(net.state.open.empty());
  EXPECT_EQ(net.effects.cancel, std::vector<std::uint64_t>{request});
  EXPECT_EQ(net.state.find_miner("m1"), none);
  EXPECT_TRUE(net.told(MatchEventKind::miner_left, m));
}

TEST(Nodes, RemovingAValidatorReleasesItsMinersAndVoidsItsRequests) {
  Subnet net;
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.miner("m1");
  net.match(m, v);
  net.ask("m1");
  net.remove(Role::validator, "v").value();
  EXPECT_EQ(net.state.current(m, 0), none);
  EXPECT_EQ(net.why(m), UnmatchedReason::pending);
  EXPECT_EQ(net.m("m1").open, 0);
  EXPECT_TRUE(net.told(MatchEventKind::validator_left, v));
  EXPECT_TRUE(net.told(MatchEventKind::miner_changed, m));
}

TEST(Nodes, WhatIsNotThereCannotBeChangedOrRemoved) {
  Subnet net;
  EXPECT_EQ(refusal(net.remove(Role::miner, "x")), Errc::not_found);
  EXPECT_EQ(refusal(net.remove(Role::validator, "x")), Errc::not_found);
  EXPECT_EQ(refusal(net.set(Role::miner, "x", Status::active)), Errc::not_found);
}

TEST(Nodes, AnUpdateChangesOnlyWhatItNames) {
  Subnet net;
  net.miner("m1", "chat", key_a);
  Update u = update_of(Role::miner, "m1");
  u.endpoint = "http://other:1";
  u.method = "answer";
  u.region = "us";
  const std::uint32_t m = net.state.find_miner("m1");
  net.effects = {};
  ASSERT_TRUE(net.give(u));
  const NodeRecord r = net.state.miner_record(m);
  EXPECT_EQ(r.endpoint, "http://other:1");
  EXPECT_EQ(r.method, "answer");
  EXPECT_EQ(r.key, key_a);
  EXPECT_EQ(net.state.type_name(net.state.columns.type[m]), "chat");
  EXPECT_FALSE(net.last<NodePut>().fresh);
  EXPECT_TRUE(net.told(MatchEventKind::miner_changed, m)) << "its region counts for a matcher";
}

TEST(Nodes, ANewNamespaceIsDetectedAnewAndMatchedAnew) {
  Subnet net;
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.miner("m1");
  net.match(m, v);
  net.ask("m1");
  Update u = update_of(Role::miner, "m1");
  u.name_space = "acme/embed";
  ASSERT_TRUE(net.give(u));
  EXPECT_EQ(net.state.type_name(net.state.columns.type[m]), "embedding");
  EXPECT_EQ(net.state.current(m, 0), none);
  EXPECT_TRUE(net.state.open.empty());
}

TEST(Nodes, ATaskOrProtocolIsDetectedAnewToo) {
  Subnet net;
  net.miner("m1");
  net.miner("m2");
  Update u = update_of(Role::miner, "m1");
  u.task = "feature-extraction";
  ASSERT_TRUE(net.give(u));
  EXPECT_EQ(net.last<NodePut>().model_type, "embedding");
  u = update_of(Role::miner, "m2");
  u.protocol = "openai";
  ASSERT_TRUE(net.give(u));
  EXPECT_EQ(net.last<NodePut>().model_type, "embedding");
}

TEST(Nodes, ATypeThatTheDetectorMadeUpCountsAsUnknown) {
  Subnet net;
  const std::uint32_t m = net.miner("m1", "telepathy");
  EXPECT_EQ(net.state.columns.type[m], type_unknown);
  EXPECT_EQ(net.m("m1").confidence_ppm, 0u);
}

TEST(Nodes, AnUpdateThatBreaksARuleChangesNothing) {
  Subnet net;
  net.miner("m1");
  net.validator("v1");
  Update u = update_of(Role::miner, "m1");
  u.protocol = "smoke";
  EXPECT_EQ(refusal(net.give(u)), Errc::malformed);
  u = update_of(Role::validator, "v1");
  u.specializations = std::vector<std::string>{"chat", "telepathy"};
  EXPECT_EQ(refusal(net.give(u)), Errc::refused);
  EXPECT_EQ(net.v("v1").types.size(), 1u);
}

TEST(Nodes, ATypeThatLostItsDetectorStaysServed) {
  Subnet net;
  net.validator("v1", 10, {"chat", "embedding"});
  net.types = {"chat"};
  net.boot().value();
  Update u = update_of(Role::validator, "v1");
  u.capacity = 20;
  EXPECT_TRUE(net.give(u));
  EXPECT_EQ(net.v("v1").types.size(), 2u);
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("v2", 1, {"embedding"}), Role::validator)),
            Errc::refused);
}

TEST(Nodes, ANewKeyStartsAMinerFromNothing) {
  Subnet net;
  const std::uint32_t v = net.validator("v");
  const std::uint32_t m = net.miner("m1", "chat", key_a);
  net.match(m, v);
  net.score("m1", 900'000);
  net.give(CloseEpoch{}).value();
  net.score("m1", 800'000);
  net.ask("m1");
  const std::uint32_t order = net.m("m1").order;
  net.wait(5000);
  Update u = update_of(Role::miner, "m1");
  u.key = key_b;
  ASSERT_TRUE(net.give(u));
  const MinerRow& row = net.m("m1");
  EXPECT_GT(row.order, order);
  EXPECT_EQ(row.registered_at_ms, net.now_ms());
  EXPECT_EQ(row.window.size(), 0u);
  EXPECT_EQ(row.reliability_ppm, ppm_one);
  EXPECT_EQ(row.open, 0);
  EXPECT_EQ(net.state.current(m, 0), none);
  EXPECT_EQ(net.state.closed_ledger.cells[0].miner, none) << "the old key's work is not paid to it";
  EXPECT_EQ(net.state.ledger.cells[0].miner, none);
}

TEST(Nodes, ANewKeyStartsAValidatorFromNothing) {
  Subnet net;
  const std::uint32_t v = net.validator("v", 10, {"chat"}, key_a);
  Update stake = update_of(Role::validator, "v");
  stake.stake_nano = 99;
  ASSERT_TRUE(net.give(stake));
  EXPECT_EQ(net.v("v").stake_nano, 99u);
  const std::uint32_t m = net.miner("m1");
  net.match(m, v);
  const std::uint64_t request = net.ask("m1");
  Update u = update_of(Role::validator, "v");
  u.key = key_b;
  net.effects = {};
  ASSERT_TRUE(net.give(u));
  EXPECT_FALSE(net.v("v").has_stake);
  EXPECT_EQ(net.v("v").load, 0u);
  EXPECT_EQ(net.v("v").open, 0u);
  EXPECT_EQ(net.effects.cancel, std::vector<std::uint64_t>{request})
      << "what the old owner answers is not the new one's";
}

TEST(Nodes, ARegistrationUnderAnIdempotencyKeyHappensOnce) {
  Subnet net;
  Register in{Role::miner, Subnet::miner_record("m1"), Subnet::detected("chat"),
              Idempotency{11, 22}};
  ASSERT_TRUE(net.give(in)->created);
  net.remove(Role::miner, "m1").value();
  const auto again = net.give(in);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, "m1");
  EXPECT_EQ(net.last_facts, 0u) << "a late retry brings nothing back";
  in.idempotency->body = 23;
  EXPECT_EQ(refusal(net.give(in)), Errc::refused);
}

TEST(Nodes, AKeyIsUsedUpAlsoByARegistrationThatChangedNothing) {
  for (const Role role : {Role::miner, Role::validator}) {
    Subnet net;
    const NodeRecord record =
        role == Role::miner ? Subnet::miner_record("n1") : Subnet::validator_record("n1");
    net.add(record, role).value();
    Register in{role, record, Subnet::detected("embedding"), Idempotency{11, 22}};
    const auto second = net.give(in);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->created);
    if (role == Role::miner) {
      EXPECT_EQ(net.state.type_name(net.state.columns.type[0]), "chat");
      EXPECT_EQ(net.m("n1").order, 1u);
    }
    net.remove(role, "n1").value();
    EXPECT_TRUE(net.give(in));
    EXPECT_EQ(net.last_facts, 0u) << "a late copy brings nothing back";
    in.idempotency->body = 23;
    EXPECT_EQ(refusal(net.give(in)), Errc::refused);
  }
}

TEST(Nodes, AnIdempotencyKeyIsForgottenAfterADay) {
  Subnet net;
  Register in{Role::miner, Subnet::miner_record("m1"), Subnet::detected("chat"),
              Idempotency{11, 22}};
  ASSERT_TRUE(net.give(in));
  net.wait(limits::idempotency_ms + 1);
  in.record.id = "m2";
  in.idempotency->body = 23;
  EXPECT_TRUE(net.give(in)->created);
  net.wait(limits::idempotency_ms + 1);
  net.give(CloseEpoch{}).value();
  EXPECT_TRUE(net.state.idempotency.empty());
}

TEST(Nodes, IdempotencyKeysAreBounded) {
  Subnet net;
  for (std::uint64_t i = 1; i <= limits::idempotency_keys_max; ++i) {
    net.state.idempotency.emplace_hint(net.state.idempotency.end(), i,
                                       IdempotentWrite{1, net.state.now_ms, Role::miner, "x"});
  }
  Register in{Role::miner, Subnet::miner_record("m1"), Subnet::detected("chat"),
              Idempotency{limits::idempotency_keys_max + 1, 22}};
  EXPECT_EQ(refusal(net.give(in)), Errc::unavailable);
  in.idempotency.reset();
  EXPECT_TRUE(net.give(in));
}

TEST(Nodes, OnlySoManyMinersFit) {
  Subnet net;
  net.state.miner_count = limits::miners_max;
  EXPECT_EQ(refusal(net.add(Subnet::miner_record("m1"), Role::miner)), Errc::refused);
}

TEST(Nodes, OnlySoManyValidatorsFit) {
  Subnet net;
  for (std::size_t i = 0; i < limits::validators_max; ++i) {
    net.state.validator_index.emplace_hint(net.state.validator_index.end(),
                                           "v" + std::to_string(10'000'000 + i), 0);
  }
  EXPECT_EQ(refusal(net.add(Subnet::validator_record("w"), Role::validator)), Errc::refused);
}

TEST(Nodes, AClosedMinerGivesItsValidatorBackAndGetsOneWhenItReopens) {
  for (Status closed : {Status::inactive, Status::draining}) {
    Subnet net;
    const std::uint32_t v = net.validator("v");
    const std::uint32_t m = net.miner("m1");
    net.match(m, v);
    net.ask("m1");
    ASSERT_TRUE(net.set(Role::miner, "m1", closed));
    EXPECT_EQ(net.v("v").load, 0u);
    EXPECT_EQ(net.why(m), UnmatchedReason::closed);
    EXPECT_TRUE(net.state.open.empty());
    EXPECT_TRUE(net.told(MatchEventKind::miner_left, m));
    net.effects = {};
    ASSERT_TRUE(net.set(Role::miner, "m1", Status::active));
    EXPECT_EQ(net.why(m), UnmatchedReason::pending);
    EXPECT_TRUE(net.told(MatchEventKind::miner_changed, m));
  }
}

TEST(Nodes, AClosedMinerStaysClosedWhenItIsRetyped) {
  Subnet net;
  const std::uint32_t m = net.miner("m1");
  net.set(Role::miner, "m1", Status::inactive).value();
  Update u = update_of(Role::miner, "m1");
  u.name_space = "acme/embed";
  ASSERT_TRUE(net.give(u));
  EXPECT_EQ(net.why(m), UnmatchedReason::closed);
}

TEST(Nodes, NobodyButTheDaemonFlags) {
  Subnet net;
  net.miner("m1");
  EXPECT_EQ(refusal(net.set(Role::miner, "m1", Status::flagged)), Errc::refused);
}

TEST(Nodes, KeyAndStatusMayChangeInOneUpdate) {
  Subnet net;
  net.miner("m1", "chat", key_a);
  Update u = update_of(Role::miner, "m1");
  u.key = key_b;
  u.status = Status::inactive;
  ASSERT_TRUE(net.give(u));
  EXPECT_EQ(net.m("m1").status, Status::inactive);
}

TEST(Nodes, TextsMoveTogetherWhenMostOfThemAreDead) {
  Subnet net;
  NodeRecord r = Subnet::miner_record("m1");
  net.miner("m1");
  net.miner("m2");
  for (int i = 0; i < 12'000; ++i) {
    Update u = update_of(Role::miner, "m1");
    u.endpoint = "http://10.0.0.1:" + std::to_string(i) + std::string(80, 'x');
    net.give(u).value();
  }
  EXPECT_LT(net.state.text.dead_bytes(), 1u << 20);
  EXPECT_EQ(net.state.miner_id(net.state.find_miner("m2")), "m2");
  EXPECT_EQ(net.state.miner_record(net.state.find_miner("m1")).name_space, r.name_space);
}

TEST(Nodes, DetectorsBeyondWhatARowCanNameAreLeftOut) {
  Subnet net;
  for (int i = 0; i < 300; ++i) {
    Detection d = Subnet::detected("chat");
    d.detector = "detector-" + std::to_string(i);
    const NodeRecord record = Subnet::miner_record("m" + std::to_string(i));
    net.give(Register{Role::miner, record, d, {}}).value();
  }
  EXPECT_EQ(net.state.detectors.at(net.m("m7").detector), "detector-7");
  EXPECT_EQ(net.state.detectors.at(net.m("m299").detector), "");
  EXPECT_EQ(content_hash(net.state), content_hash(net.replayed()));
}

}  // namespace
}  // namespace subnetd::engine::testing
