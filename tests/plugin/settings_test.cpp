// SPDX-License-Identifier: 0BSD
#include "plugin/settings.hpp"

#include <gtest/gtest.h>

namespace {

using subnetd::plugin::at_path;
using subnetd::plugin::check_schema;
using subnetd::plugin::resolve_settings;

constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
  "required":["mode"],"properties":{
    "mode":{"type":"string","enum":["a","b"]},
    "weight":{"type":"number","minimum":0,"maximum":1,"default":0.5},
    "count":{"type":"integer","minimum":1,"maximum":9007199254740993},
    "word":{"type":"string","minLength":2,"maxLength":3},
    "list":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object","properties":{
      "deep":{"type":"boolean","default":true}}}}}})";

std::string refusal(std::string_view settings) {
  const auto value = resolve_settings(settings, schema, "[matcher.settings]");
  return value ? "accepted" : value.error().message + " | " + value.error().hint;
}

TEST(Settings, GetDefaultsAtEveryDepthAndComeOutSorted) {
  const auto value = resolve_settings(R"({"mode":"a","list":[{}]})", schema, "x");
  ASSERT_TRUE(value);
  EXPECT_EQ(subnetd::json::serialize(*value),
            R"({"list":[{"deep":true}],"mode":"a","weight":0.5})");
}

TEST(Settings, NameTheTableAndThePathInEveryRefusal) {
  EXPECT_EQ(refusal("{}"), "[matcher.settings]: setting \"mode\" is missing | ");
  EXPECT_EQ(refusal(R"({"mode":"a","wieght":1})"),
            "[matcher.settings]: unknown setting \"wieght\" | did you mean \"weight\"?");
  EXPECT_EQ(refusal(R"({"mode":"c"})"), R"([matcher.settings].mode: "c" is none of ["a","b"] | )");
  EXPECT_EQ(refusal(R"({"mode":"a","weight":"1"})"),
            R"([matcher.settings].weight: wanted number, have "1" | )");
  EXPECT_EQ(refusal(R"({"mode":"a","weight":1.5})"),
            "[matcher.settings].weight: the value must be at most 1 | ");
  EXPECT_EQ(refusal(R"({"mode":"a","list":[{"deep":1}]})"),
            "[matcher.settings].list.0.deep: wanted boolean, have 1 | ");
  EXPECT_EQ(refusal(R"({"mode":"a","list":[]})"),
            "[matcher.settings].list: the number of items must be at least 1 | ");
}

TEST(Settings, CompareIntegersExactlyAbove2To53) {
  EXPECT_EQ(refusal(R"({"mode":"a","count":9007199254740993})"), "accepted");
  EXPECT_NE(refusal(R"({"mode":"a","count":9007199254740994})"), "accepted");
}

TEST(Settings, CountCharactersNotBytes) {
  EXPECT_EQ(refusal("{\"mode\":\"a\",\"word\":\"\u00e4\u00f6\u00fc\"}"), "accepted");
  EXPECT_NE(refusal("{\"mode\":\"a\",\"word\":\"\u00e4\"}"), "accepted");
}

TEST(Settings, AreRefusedWhereAPluginHasNone) {
  EXPECT_FALSE(resolve_settings(R"({"a":1})", "", "x"));
  EXPECT_TRUE(resolve_settings("{}", "", "x"));
  EXPECT_FALSE(resolve_settings("[]", "", "x"));
}

TEST(Schema, IsRefusedWithARuleThatWouldBePassedOver) {
  EXPECT_TRUE(check_schema(schema));
  for (const char* bad :
       {R"({"pattern":"x"})", R"({"properties":{"a":{"oneOf":[]}}})",
        R"({"type":["string","null"]})", R"({"type":"strnig"})", R"({"properties":{"a":1}})",
        R"({"required":"a"})", R"([])", "{",
        R"({"properties":{"a":{"type":"string","default":1}}})", R"({"items":{"maxItems":-1}})"}) {
    EXPECT_FALSE(check_schema(bad)) << bad;
  }
}

TEST(Path, WalksObjectsAndArrays) {
  const auto root = *subnetd::json::parse(R"({"a":[{"b":7}]})", 100);
  ASSERT_NE(at_path(root, "a.0.b"), nullptr);
  EXPECT_EQ(at_path(root, "a.0.b")->as_int64(), 7);
  for (const char* absent : {"a.1", "a.x", "a.0.b.c", "b", "a..b", "a.9999999999"}) {
    EXPECT_EQ(at_path(root, absent), nullptr) << absent;
  }
}

}  // namespace
