// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

namespace {

using subnet::testing::component;
using subnet::testing::load_file;
using subnet::testing::verdict_given;

// Runs one session; the miner gives these bodies one after the other.
verdict_given judge(std::string_view settings, std::string_view protocol,
                    const std::vector<std::string>& bodies) {
  component golden(load_file(PLUGIN_DIR "/golden.sbn.so"), settings);
  sbn_validate_request request{};
  request.struct_size = sizeof request;
  request.request = 1;
  request.miner_protocol = subnet::to_str(protocol);
  request.miner_method = subnet::to_str("generate");
  golden.begin(request);
  for (const std::string& body : bodies) {
    const auto probe = golden.probes.back();
    EXPECT_EQ(probe.target, SBN_TARGET_MINER);
    golden.step(
        {sizeof(sbn_reply), SBN_REPLY_DELIVERED, 1, probe.tag, 200, subnet::to_str(body), 1});
  }
  golden.forget(1);
  EXPECT_EQ(golden.verdicts.size(), 1u);
  return golden.verdicts.at(0);
}

TEST(Golden, ScoresTheShareOfCasesThatPass) {
  const auto verdict = judge(R"({"cases":[{"params":{"x":1},"expect":"one"},
    {"params":{"x":2},"expect":{"a":[1,true,null]}},{"params":{},"expect":3}]})",
                             "module", {"\"one\"", R"({"a":[1,true,null]})", "4"});
  EXPECT_EQ(verdict.outcome, SBN_VERDICT_SCORED);
  EXPECT_EQ(verdict.score_ppm, 666'667u);
  EXPECT_EQ(verdict.validator, 0u);
}

TEST(Golden, AllowsNumbersTheirToleranceAndNoMore) {
  const char* settings = R"({"cases":[{"params":{},"expect":[10,0.5],"tolerance":0.01}]})";
  EXPECT_EQ(judge(settings, "module", {"[10.1,0.509]"}).score_ppm, 1'000'000u);
  EXPECT_EQ(judge(settings, "module", {"[10.2,0.5]"}).score_ppm, 0u);
  EXPECT_EQ(judge(settings, "module", {"[10]"}).score_ppm, 0u);
  EXPECT_EQ(judge(settings, "module", {"garbage"}).score_ppm, 0u);
}

TEST(Golden, ComparesVectorsByCosineWhenAsked) {
  const char* settings = R"({"cases":[{"params":{},"expect":[1,0],"cosine_min":0.9}]})";
  EXPECT_EQ(judge(settings, "module", {"[5,0.1]"}).score_ppm, 1'000'000u);
  EXPECT_EQ(judge(settings, "module", {"[0,1]"}).score_ppm, 0u);
  EXPECT_EQ(judge(settings, "module", {"[0,0]"}).score_ppm, 0u);
}

TEST(Golden, ReadsTheShapesOfOpenAi) {
  EXPECT_EQ(judge(R"({"cases":[{"params":{},"expect":"hi"}]})", "openai",
                  {R"({"choices":[{"message":{"content":"hi"}}]})"})
                .score_ppm,
            1'000'000u);
  EXPECT_EQ(judge(R"({"cases":[{"method":"embeddings","params":{},"expect":[1]}]})", "openai",
                  {R"({"data":[{"embedding":[1]}]})"})
                .score_ppm,
            1'000'000u);
}

TEST(Golden, CountsAMinerThatIsNotThereAsItsMiss) {
  component golden(load_file(PLUGIN_DIR "/golden.sbn.so"),
                   R"({"cases":[{"params":{},"expect":1}]})");
  sbn_validate_request request{};
  request.struct_size = sizeof request;
  request.request = 1;
  request.miner_method = subnet::to_str("generate");
  golden.begin(request);
  EXPECT_EQ(golden.probes.at(0).method, "generate");
  golden.step({sizeof(sbn_reply), SBN_REPLY_UNREACHABLE, 1, 0, 0, {}, 1});
  EXPECT_EQ(golden.verdicts.at(0).outcome, SBN_VERDICT_MINER_FAILED);
}

TEST(Golden, RefusesSettingsWithoutCases) {
  try {
    component golden(load_file(PLUGIN_DIR "/golden.sbn.so"), "{}");
    FAIL() << "created";
  } catch (const subnet::failure& caught) {
    EXPECT_EQ(caught.status(), SBN_E_CONFIG);
  }
}

}  // namespace
