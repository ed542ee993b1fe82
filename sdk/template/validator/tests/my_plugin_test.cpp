// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

using subnet::testing::component;
using subnet::testing::load_file;

subnet::testing::verdict_given judge(int32_t outcome, std::string_view body) {
  component validator(load_file(PLUGIN));
  sbn_validate_request request{};
  request.struct_size = sizeof request;
  request.request = 1;
  request.miner_method = subnet::to_str("generate");
  validator.begin(request);
  const auto probe = validator.probes.at(0);
  EXPECT_EQ(probe.target, SBN_TARGET_MINER);
  validator.step({sizeof(sbn_reply), outcome, 1, probe.tag, 200, subnet::to_str(body), 1});
  return validator.verdicts.at(0);
}

TEST(MyPlugin, ScoresTheShareOfTheWords) {
  EXPECT_EQ(judge(SBN_REPLY_DELIVERED, R"("one two three four")").score_ppm, 1'000'000u);
  EXPECT_EQ(judge(SBN_REPLY_DELIVERED, R"("one")").score_ppm, 333'333u);
  EXPECT_EQ(judge(SBN_REPLY_DELIVERED, "garbage").score_ppm, 0u);
}

TEST(MyPlugin, BlamesTheMinerThatDoesNotAnswer) {
  EXPECT_EQ(judge(SBN_REPLY_TIMEOUT, "").outcome, SBN_VERDICT_MINER_FAILED);
}
