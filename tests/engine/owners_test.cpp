// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include "engine/subnet.hpp"

namespace subnetd::engine {
namespace {

using namespace testing;

// A subnet to which keys sign, each write with a signature of its own.
struct SignedSubnet : Subnet {
  Signer sign(const char* key) { return {key, ++hash, now_ms() + 120'000}; }

  Result<Answer> enroll(const char* key, std::string id, Role role = Role::miner) {
    NodeRecord record = role == Role::miner ? miner_record(id, key) : validator_record(id);
    record.key = key;
    return give(Register{role, std::move(record), detected("chat"), {}}, sign(key));
  }
  static Update moved(std::string id, const char* endpoint = "http://10.0.0.9:8000") {
    Update change;
    change.role = Role::miner;
    change.id = std::move(id);
    change.endpoint = endpoint;
    return change;
  }
  Errc refusal(const Result<Answer>& answer) {
    EXPECT_FALSE(answer);
    EXPECT_EQ(last_facts, 0u);
    return answer ? Errc::internal : answer.error().code;
  }

  std::uint64_t hash = 0;
};

TEST(Owners, RegisterUnderTheKeyThatSignsAndNoOther) {
  SignedSubnet net;
  EXPECT_TRUE(net.enroll(key_a, "m1")->created);
  EXPECT_EQ(net.state.miner_record(net.state.find_miner("m1")).key, key_a);
  Register foreign{Role::miner, Subnet::miner_record("m2", key_b), Subnet::detected("chat"), {}};
  EXPECT_EQ(net.refusal(net.give(foreign, net.sign(key_a))), Errc::forbidden);
  foreign.record.key = "";
  EXPECT_EQ(net.refusal(net.give(foreign, net.sign(key_a))), Errc::forbidden);
}

TEST(Owners, ChangeAndRemoveTheirOwnNodesOnly) {
  SignedSubnet net;
  net.enroll(key_a, "m1").value();
  net.enroll(key_b, "v1", Role::validator).value();
  EXPECT_EQ(net.refusal(net.give(SignedSubnet::moved("m1"), net.sign(key_b))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(Remove{Role::miner, "m1"}, net.sign(key_b))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(Remove{Role::validator, "v1"}, net.sign(key_a))),
            Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(Remove{Role::miner, "m9"}, net.sign(key_b))), Errc::not_found);
  EXPECT_TRUE(net.give(SignedSubnet::moved("m1"), net.sign(key_a)));
  Update status;
  status.role = Role::miner;
  status.id = "m1";
  status.status = Status::draining;
  EXPECT_EQ(net.refusal(net.give(status, net.sign(key_b))), Errc::forbidden);
  EXPECT_TRUE(net.give(status, net.sign(key_a)));
  EXPECT_EQ(net.state.miners[0].status, Status::draining);
  EXPECT_TRUE(net.give(Remove{Role::miner, "m1"}, net.sign(key_a)));
  EXPECT_EQ(net.state.miner_count, 0u);
}

TEST(Owners, NeverClaimANodeWithoutAKey) {
  SignedSubnet net;
  net.miner("m1");
  EXPECT_EQ(net.refusal(net.give(SignedSubnet::moved("m1"), net.sign(key_a))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(SignedSubnet::moved("m1"), net.sign(""))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.enroll(key_a, "m1")), Errc::conflict);
  EXPECT_EQ(net.state.miner_record(0).key, "");
}

TEST(Owners, MayNeitherGiveANodeAwayNorSetAStakeNorRunTheSubnet) {
  SignedSubnet net;
  net.enroll(key_a, "v1", Role::validator).value();
  net.enroll(key_a, "m1").value();
  Update change;
  change.role = Role::validator;
  change.id = "v1";
  change.stake_nano = 5;
  EXPECT_EQ(net.refusal(net.give(change, net.sign(key_a))), Errc::forbidden);
  change.stake_nano.reset();
  change.parent = "";
  EXPECT_EQ(net.refusal(net.give(change, net.sign(key_a))), Errc::forbidden);
  change.parent.reset();
  change.fee_bp = 1;
  EXPECT_EQ(net.refusal(net.give(change, net.sign(key_a))), Errc::forbidden);
  change.fee_bp.reset();
  change.key = key_b;
  EXPECT_EQ(net.refusal(net.give(change, net.sign(key_a))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(MapNamespace{"a*", "chat"}, net.sign(key_a))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(UnmapNamespace{"a*", {}}, net.sign(key_a))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(Validate{"m1", {}}, net.sign(key_b))), Errc::forbidden);
  EXPECT_EQ(net.refusal(net.give(CloseEpoch{}, net.sign(key_a))), Errc::forbidden);
}

TEST(Owners, SignEachWriteOnceAlsoAfterARestart) {
  SignedSubnet net;
  const Register in{Role::miner, Subnet::miner_record("m1", key_a), Subnet::detected("chat"), {}};
  const Signer first = net.sign(key_a);
  ASSERT_TRUE(net.give(in, first));
  net.give(Remove{Role::miner, "m1"}, net.sign(key_a)).value();
  EXPECT_EQ(net.refusal(net.give(in, first)), Errc::conflict);
  // What a restart has is what the facts say.
  const State replayed = net.replayed();
  EXPECT_EQ(content_hash(replayed), content_hash(net.state));
  const Input late{net.state.now_ms, in, first};
  EXPECT_EQ(decide(replayed, late).answer.error().code, Errc::conflict);
  EXPECT_TRUE(net.give(in, net.sign(key_a))->created);
}

TEST(Owners, AreForgottenOnceTheirSignaturesAreTooOldToComeAgain) {
  SignedSubnet net;
  const Signer first = net.sign(key_a);
  ASSERT_TRUE(net.give(
      Register{Role::miner, Subnet::miner_record("m1", key_a), Subnet::detected("chat"), {}},
      first));
  net.wait(120'001);
  EXPECT_EQ(net.refusal(net.give(Remove{Role::miner, "m1"}, first)), Errc::unauthorized);
  net.enroll(key_a, "m2").value();
  EXPECT_EQ(net.state.signed_writes.size(), 1u);
}

TEST(Owners, AreRefusedOnceTooManySignaturesAreRemembered) {
  SignedSubnet net;
  for (std::uint64_t i = 0; i < limits::signed_writes_max; ++i) {
    net.state.signed_writes.emplace_hint(net.state.signed_writes.end(), 1'000'000'000'000, i);
  }
  EXPECT_EQ(net.refusal(net.enroll(key_a, "m1")), Errc::unavailable);
  EXPECT_TRUE(net.add(Subnet::miner_record("m2"), Role::miner));  // the operator signs nothing
}

TEST(Owners, TheAgentsOwnKeySpeaksForTheOperatorButRegistersForItself) {
  SignedSubnet net;
  net.enroll(key_a, "m1").value();
  const auto agent = [&] {
    Signer signer = net.sign(key_b);
    signer.is_agent = true;
    return signer;
  };
  EXPECT_EQ(net.refusal(net.give(CloseEpoch{}, net.sign(key_b))), Errc::forbidden);
  EXPECT_TRUE(net.give(CloseEpoch{}, agent()));
  EXPECT_TRUE(net.give(SignedSubnet::moved("m1"), agent()));
  Register foreign{Role::miner, Subnet::miner_record("m2", key_a), Subnet::detected("chat"), {}};
  EXPECT_EQ(net.refusal(net.give(foreign, agent())), Errc::forbidden);
  const Signer once = agent();
  EXPECT_TRUE(net.give(SignedSubnet::moved("m1", "http://10.0.0.8:8000"), once));
  EXPECT_EQ(net.refusal(net.give(SignedSubnet::moved("m1"), once)), Errc::conflict);
}

}  // namespace
}  // namespace subnetd::engine
