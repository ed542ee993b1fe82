// SPDX-License-Identifier: 0BSD
// Who may delegate to whom, and when that ends.
#include <gtest/gtest.h>

#include "domain/limits.hpp"
#include "engine/subnet.hpp"

namespace subnetd::engine::testing {
namespace {

Errc refusal_of(const Result<Answer>& answer) {
  return answer ? Errc::internal : answer.error().code;
}

Update update_of(std::string id) {
  Update u;
  u.role = Role::validator;
  u.id = std::move(id);
  return u;
}

TEST(Delegation, IsOneLevelDeepAndOfValidators) {
  Subnet net;
  for (const char* id : {"a", "b", "c"}) net.validator(id);
  net.miner("m");
  const auto refusal = [&net](const Update& u) { return refusal_of(net.give(u)); };
  EXPECT_EQ(refusal(net.delegation("a", "nobody")), Errc::refused);
  EXPECT_EQ(refusal(net.delegation("a", "m")), Errc::refused);
  EXPECT_EQ(refusal(net.delegation("a", "a")), Errc::refused);
  ASSERT_TRUE(net.give(net.delegation("a", "b", limits::fee_bp_max)));
  EXPECT_EQ(refusal(net.delegation("a", "b", limits::fee_bp_max + 1)), Errc::malformed);
  const auto deeper = net.give(net.delegation("c", "a"));
  EXPECT_NE(deeper.error().hint.find("name \"b\""), std::string::npos) << deeper.error().hint;
  EXPECT_EQ(refusal(net.delegation("b", "c")), Errc::refused) << "a delegates to b";
  ASSERT_TRUE(net.give(net.delegation("c", "b")));
  ASSERT_TRUE(net.give(net.delegation("a", "")));
  EXPECT_EQ(net.state.parent_of(net.state.find_validator("a")), none);
  Update miner = net.delegation("m", "b");
  miner.role = Role::miner;
  EXPECT_EQ(refusal(miner), Errc::malformed);
}

TEST(Delegation, EndsWithEitherRegistration) {
  Subnet net;
  for (const char* id : {"a", "b"}) net.validator(id);
  const auto parent = [&net] { return net.state.parent_of(net.state.find_validator("a")); };
  ASSERT_TRUE(net.give(net.delegation("a", "b", 7)));
  Update capacity = update_of("a");
  capacity.capacity = 3;
  ASSERT_TRUE(net.give(capacity));
  EXPECT_EQ(parent(), net.state.find_validator("b")) << "another change leaves it";
  EXPECT_EQ(net.v("a").fee_bp, 7u);
  Update key = update_of("b");
  key.key = key_b;
  ASSERT_TRUE(net.give(key));
  EXPECT_EQ(parent(), none) << "it delegated to whoever had the other key";
  ASSERT_TRUE(net.give(net.delegation("a", "b", 7)));
  key.id = "a";
  key.key = key_a;
  ASSERT_TRUE(net.give(key));
  EXPECT_EQ(parent(), none);
  EXPECT_EQ(net.v("a").fee_bp, 0u);
}

}  // namespace
}  // namespace subnetd::engine::testing
