// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/testing.hpp>

using subnet::testing::component;
using subnet::testing::load_file;

TEST(MyPlugin, KnowsWhisper) {
  component detector(load_file(PLUGIN));
  const auto answers = detector.detect({"whisper-large", "gpt"});
  EXPECT_EQ(answers[0].type, 1u);
  EXPECT_EQ(answers[1].type, 0u);
}

TEST(MyPlugin, SaysWhy) {
  component detector(load_file(PLUGIN));
  EXPECT_NE(detector.explain("whisper-large").find("whisper"), std::string::npos);
}
