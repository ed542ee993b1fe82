// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

#include "validators/remote/score.hpp"

namespace {

using subnet::testing::component;
using subnet::testing::load_file;
using subnet::testing::verdict_given;

sbn_validate_request request_of(uint32_t validators = 1) {
  sbn_validate_request out{};
  out.struct_size = sizeof out;
  out.request = 9;
  out.request_id = subnet::to_str("r\"1");
  out.model_type = subnet::to_str("chat");
  out.miner_protocol = subnet::to_str("module");
  out.miner_method = subnet::to_str("generate");
  out.miner_json = subnet::to_str(R"({"id":"m1"})");
  out.challenge = subnet::to_str(std::string_view("\x00\xff\x10", 3));
  out.validators = validators;
  out.deadline_ms = 5'000;
  return out;
}

verdict_given answer(std::string_view body, uint32_t status = 200,
                     int32_t outcome = SBN_REPLY_DELIVERED) {
  component remote(load_file(PLUGIN_DIR "/remote.sbn.so"));
  remote.begin(request_of());
  remote.step({sizeof(sbn_reply), outcome, 9, 0, status, subnet::to_str(body), 1});
  EXPECT_EQ(remote.verdicts.size(), 1u);
  return remote.verdicts.at(0);
}

TEST(Remote, SendsOneProbeOfContractOne) {
  component remote(load_file(PLUGIN_DIR "/remote.sbn.so"));
  remote.begin(request_of());
  ASSERT_EQ(remote.probes.size(), 1u);
  const auto& probe = remote.probes[0];
  EXPECT_EQ(probe.target, 1u);
  EXPECT_EQ(probe.method, "validate");
  EXPECT_EQ(probe.body, R"({"contract":1,"request_id":"r\"1","miner":{"id":"m1"},)"
                        R"("challenge":"00ff10","deadline_ms":5000})");
}

TEST(Remote, ScoresWhatTheValidatorSays) {
  EXPECT_EQ(answer(R"({"score":0.25})").score_ppm, 250'000u);
  EXPECT_EQ(answer(R"({"score":1,"details":{"a":[1]}})").score_ppm, 1'000'000u);
  EXPECT_EQ(answer(R"({"score":0})").outcome, SBN_VERDICT_SCORED);
  EXPECT_EQ(answer(R"({"score":0.5,"score_ppm":7})").score_ppm, 7u);
  EXPECT_EQ(answer(R"({"score":0.5})").validator, 1u);
}

TEST(Remote, BlamesTheValidatorForEverythingThatBreaksTheContract) {
  for (const char* body :
       {"", "null", "[]", "{}", "0.5", R"({"score":"0.5"})", R"({"score":NaN})", R"({"score":2.0})",
        R"({"score":-0.1})", R"({"score":1.0000000000000000001})", R"({"score":1e400})",
        R"({"score_ppm":1000001})", R"({"score_ppm":0.5})", R"({"score_ppm":"5","score":0.5})",
        R"({"score":0.5,"score":0.6})", R"({"score":0.5}x)", R"({"score":null})",
        R"({"error":"whatever"})", R"({"error":5})", "{\"score\":0.5,\"x\":\"\xff\"}"})
    EXPECT_EQ(answer(body).outcome, SBN_VERDICT_VALIDATOR_FAILED) << body;
  EXPECT_EQ(answer(std::string(100'000, '[')).outcome, SBN_VERDICT_VALIDATOR_FAILED);
  EXPECT_EQ(answer(R"({"score":0.5})", 500).outcome, SBN_VERDICT_VALIDATOR_FAILED);
  for (const int32_t outcome : {SBN_REPLY_TIMEOUT, SBN_REPLY_UNREACHABLE, SBN_REPLY_TOO_LARGE,
                                SBN_REPLY_MALFORMED})
    EXPECT_EQ(answer("", 0, outcome).outcome, SBN_VERDICT_VALIDATOR_FAILED);
}

TEST(Remote, QuotesTheErrorInEachShapeThatModuleServersUse) {
  const std::pair<const char*, const char*> said[] = {
      {R"({"error":{"code":401,"message":"Wrong key"}})", "answered HTTP 401: Wrong key"},
      {R"({"error":"Request is too stale"})", "answered HTTP 401: Request is too stale"},
      {R"({"detail":"Not Found"})", "answered HTTP 401: Not Found"},
      {R"({"detail":[{"type":"x","msg":"a\nb"}]})", "answered HTTP 401: a?b"},
      {"Internal Server Error", "answered HTTP 401"},
      {R"({"error":7})", "answered HTTP 401"},
      {"[]", "answered HTTP 401"}};
  for (const auto& [body, reason] : said) {
    const auto verdict = answer(body, 401);
    EXPECT_EQ(verdict.outcome, SBN_VERDICT_VALIDATOR_FAILED);
    EXPECT_EQ(verdict.reason, reason);
  }
  EXPECT_LT(answer(R"({"error":")" + std::string(9'000, 'x') + "\"}", 500).reason.size(), 250u);
}

TEST(Remote, TakesTheThreeKnownErrorsAsTheMinersMiss) {
  for (const char* error : {"miner_unreachable", "miner_refused", "unsupported"}) {
    const auto verdict = answer(std::string(R"({"error":")") + error + "\"}");
    EXPECT_EQ(verdict.outcome, SBN_VERDICT_MINER_FAILED);
    EXPECT_EQ(verdict.reason, error);
  }
}

TEST(Remote, FailsAsAPluginWithoutAValidator) {
  component remote(load_file(PLUGIN_DIR "/remote.sbn.so"));
  remote.begin(request_of(0));
  EXPECT_EQ(remote.verdicts.at(0).outcome, SBN_VERDICT_PLUGIN_FAILED);
}

TEST(Remote, RoundsDecimalTextHalfEven) {
  using remote::ppm_of_decimal;
  EXPECT_EQ(ppm_of_decimal("0.0000005"), 0u);
  EXPECT_EQ(ppm_of_decimal("0.0000015"), 2u);
  EXPECT_EQ(ppm_of_decimal("0.0000025"), 2u);
  EXPECT_EQ(ppm_of_decimal("0.00000250000000000000000000000000001"), 3u);
  EXPECT_EQ(ppm_of_decimal("0.9999995"), 1'000'000u);
  EXPECT_EQ(ppm_of_decimal("0.9999994999999999999999999999999999"), 999'999u);
  EXPECT_EQ(ppm_of_decimal("5e-1"), 500'000u);
  EXPECT_EQ(ppm_of_decimal("0.0005E+3"), 500'000u);
  EXPECT_EQ(ppm_of_decimal("10e-1"), 1'000'000u);
  EXPECT_EQ(ppm_of_decimal("1e-999999999999999999999"), 0u);
  EXPECT_EQ(ppm_of_decimal("0e999999999999999999999"), 0u);
  EXPECT_EQ(ppm_of_decimal("-0.0"), 0u);
  EXPECT_EQ(ppm_of_decimal("1e999999999999999999999"), std::nullopt);
  EXPECT_EQ(ppm_of_decimal("1.0000001"), std::nullopt);
  EXPECT_EQ(ppm_of_decimal("-0.1"), std::nullopt);
}

}  // namespace
