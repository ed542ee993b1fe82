// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

namespace {

using subnet::testing::component;
using subnet::testing::load_file;

sbn_status status_of(const std::string& name, std::string* message = nullptr) {
  component detector(load_file(THROWING));
  try {
    detector.detect({name});
  } catch (const subnet::failure& caught) {
    if (message != nullptr) *message = caught.what();
    return caught.status();
  }
  return SBN_OK;
}

TEST(Barrier, TurnsEveryExceptionIntoItsStatus) {
  std::string message;
  EXPECT_EQ(status_of("failure", &message), SBN_E_REMOTE);
  EXPECT_EQ(message, "the peer");
  EXPECT_EQ(status_of("memory"), SBN_E_NOMEM);
  EXPECT_EQ(status_of("number"), SBN_E_INTERNAL);
}

TEST(Barrier, CutsAMessageThatDoesNotFit) {
  std::string message;
  EXPECT_EQ(status_of("standard", &message), SBN_E_INTERNAL);
  EXPECT_EQ(message.size(), 496u);
}

TEST(Barrier, ReportsAFailingConstructor) {
  try {
    component detector(load_file(THROWING), R"({"limit":-1})");
    FAIL() << "created";
  } catch (const subnet::failure& caught) {
    EXPECT_EQ(caught.status(), SBN_E_CONFIG);
    EXPECT_STREQ(caught.what(), "limit is below 0");
  }
}

TEST(Barrier, NamesTheSettingThatHasAnotherType) {
  try {
    component detector(load_file(THROWING), R"({"limit":"ten"})");
    FAIL() << "created";
  } catch (const subnet::failure& caught) {
    EXPECT_STREQ(caught.what(), "setting limit must be an integer");
  }
}

TEST(Barrier, EndsOnlyTheRequestThatThrew) {
  component judge(load_file(THROWING), "{}", 1);
  sbn_validate_request request{};
  request.struct_size = sizeof request;
  request.request = 1;
  judge.begin(request);
  request.request = 2;
  judge.begin(request);
  judge.forget(2);
  ASSERT_EQ(judge.verdicts.size(), 2u);
  EXPECT_EQ(judge.verdicts[0].outcome, SBN_VERDICT_PLUGIN_FAILED);
  EXPECT_EQ(judge.verdicts[0].reason, "broken");
  EXPECT_EQ(judge.verdicts[1].outcome, SBN_VERDICT_SCORED);
}

TEST(Barrier, OnePluginFileMayHoldSeveralKinds) {
  const sbn_plugin& plugin = load_file(THROWING);
  ASSERT_EQ(plugin.component_count, 2u);
  EXPECT_EQ(subnet::to_view(plugin.components[0].kind), SBN_KIND_DETECTOR);
  EXPECT_EQ(subnet::to_view(plugin.components[1].kind), SBN_KIND_VALIDATOR);
  EXPECT_EQ(subnet::to_view(plugin.vendor), "test");
}

}  // namespace
