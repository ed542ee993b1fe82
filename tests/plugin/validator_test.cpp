// SPDX-License-Identifier: 0BSD
// However a validator plugin behaves, each request ends in exactly one verdict.
#include "plugin/validator.hpp"

#include "domain/limits.hpp"
#include "plugin/fixtures.hpp"

namespace {

using namespace fixtures;
using plugin::Validator;
using subnetd::Reply;
using subnetd::ReplyOutcome;
using subnetd::ValidationRequest;
using subnetd::Verdict;
using subnetd::VerdictOutcome;

// Delivers a reply to every probe until nothing is left to do.
std::vector<Verdict> judge(Validator& validator, std::uint64_t request) {
  ValidationRequest start;
  start.request = request;
  plugin::ValidatorOutput out = validator.begin(std::span(&start, 1));
  std::vector<Verdict> verdicts = out.verdicts;
  for (int round = 0; round < 200 && !out.probes.empty(); ++round) {
    std::vector<Reply> replies;
    for (const auto& probe : out.probes) {
      replies.push_back({probe.request, probe.tag, ReplyOutcome::delivered, 200, "{}", 1});
    }
    out = validator.step(replies);
    verdicts.insert(verdicts.end(), out.verdicts.begin(), out.verdicts.end());
  }
  return verdicts;
}

TEST(Validator, PassesOnProbeAndVerdict) {
  Validator validator(must_start("good_validator"));
  const auto verdicts = judge(validator, 1);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].outcome, VerdictOutcome::scored);
  EXPECT_EQ(verdicts[0].score_ppm, subnetd::ppm_one);
  EXPECT_EQ(validator.open(), 0u);
}

TEST(Validator, EndsEveryRequestOfABadPluginExactlyOnceAsAPluginFailure) {
  for (const char* fixture :
       {"never_answers", "bad_target", "wrong_request", "endless_probes", "begin_fails",
        "score_out_of_range", "blames_nobody", "step_fails", "asks_again_forever"}) {
    Validator validator(must_start(std::string("validator_") + fixture));
    for (std::uint64_t request = 1; request <= 4; ++request) {
      const auto verdicts = judge(validator, request);
      ASSERT_EQ(verdicts.size(), 1u) << fixture;
      EXPECT_EQ(verdicts[0].outcome, VerdictOutcome::plugin_failed) << fixture;
      EXPECT_EQ(validator.open(), 0u) << fixture;
    }
    // The one that asks forever does nothing wrong until its last probe.
    EXPECT_EQ(validator.instance().disabled(), std::string(fixture) != "asks_again_forever")
        << fixture;
  }
}

TEST(Validator, KeepsTheFirstOfTwoVerdictsAndCountsTheSecond) {
  Validator validator(must_start("validator_double_verdict"));
  const auto verdicts = judge(validator, 1);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].score_ppm, subnetd::ppm_one);
  EXPECT_EQ(validator.instance().stats().violations, 1u);
}

TEST(Validator, SendsNoProbeOfARequestThatEnded) {
  Validator validator(must_start("validator_probe_after_verdict"));
  EXPECT_EQ(judge(validator, 1).size(), 1u);
  EXPECT_EQ(validator.instance().stats().violations, 1u);
}

TEST(Validator, IsNotDisabledByPluginsThatBlameTheirPeers) {
  Validator validator(must_start("validator_step_remote"));
  for (std::uint64_t request = 1; request <= 9; ++request) {
    EXPECT_EQ(judge(validator, request).size(), 1u);
  }
  EXPECT_FALSE(validator.instance().disabled());
}

TEST(Validator, EndsOpenRequestsAlsoAfterThePluginWasDisabled) {
  Validator validator(must_start("good_validator"));
  ValidationRequest start;
  start.request = 1;
  const auto out = validator.begin(std::span(&start, 1));
  ASSERT_EQ(out.probes.size(), 1u);
  validator.instance().disable("test");
  const Reply reply{1, out.probes[0].tag, ReplyOutcome::delivered, 200, "{}", 1};
  const auto end = validator.step(std::span(&reply, 1));
  ASSERT_EQ(end.verdicts.size(), 1u);
  EXPECT_EQ(end.verdicts[0].outcome, VerdictOutcome::plugin_failed);
  EXPECT_TRUE(validator.step(std::span(&reply, 1)).verdicts.empty());
}

TEST(Validator, GivesNoVerdictForAForgottenRequest) {
  Validator validator(must_start("good_validator"));
  ValidationRequest start;
  start.request = 1;
  ASSERT_EQ(validator.begin(std::span(&start, 1)).probes.size(), 1u);
  validator.forget(1);
  const Reply reply{1, 7, ReplyOutcome::delivered, 200, "{}", 1};
  EXPECT_TRUE(validator.step(std::span(&reply, 1)).verdicts.empty());
}

}  // namespace
