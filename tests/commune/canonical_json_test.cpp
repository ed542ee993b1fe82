// SPDX-License-Identifier: 0BSD
#include "commune/canonical_json.hpp"

#include <gtest/gtest.h>

#include "commune/timestamp.hpp"
#include "commune/vectors.hpp"
#include "domain/limits.hpp"

namespace subnetd::commune {
namespace {


std::string canonical(std::string_view text) {
  const auto out = canonical_json(text);
  return out ? *out : "refused: " + out.error().message;
}

TEST(CanonicalJson, IsWhatPythonWritesForEachVector) {
  const json::Value file = vectors("json-canonical-vectors.json");
  const json::Array& pairs = file.as_object().at("roundtrip").as_array();
  ASSERT_GT(pairs.size(), 200u);
  for (const json::Value& pair : pairs) {
    EXPECT_EQ(canonical(text_of(pair, "input")), text_of(pair, "output"));
    EXPECT_EQ(canonical(text_of(pair, "output")), text_of(pair, "output"));
  }
}

TEST(CanonicalJson, RefusesWhatPythonRefuses) {
  const json::Value file = vectors("json-canonical-vectors.json");
  for (const json::Value& row : file.as_object().at("parse").as_array()) {
    ASSERT_EQ(text_of(row, "python"), "rejects");
    EXPECT_FALSE(canonical_json(text_of(row, "input"))) << text_of(row, "input");
  }
  for (const char* bad : {"\"\\u12\"", "\"\\u-123\"", "\"\\uxyz0\"", "[", "[1", "{\"a\"", "{\"a\":",
                          "-", "nan", "+1", "1e", "[,]", "[1,]", "\"\\", "\"\\u123"}) {
    EXPECT_FALSE(canonical_json(bad)) << bad;
  }
}

TEST(CanonicalJson, RefusesBytesThatAreNotUtf8) {
  EXPECT_FALSE(canonical_json("\"\xff\""));
  EXPECT_FALSE(canonical_json("\"\xed\xa0\x80\""));
}

TEST(CanonicalJson, ReadsNumbersOfAnySizeAndNestingToTheLimitOnly) {
  EXPECT_EQ(canonical(std::string(4300, '9')), std::string(4300, '9'));
  EXPECT_FALSE(canonical_json(std::string(4301, '9')));
  EXPECT_EQ(canonical("1e-400"), "0.0");
  EXPECT_EQ(canonical("-1e999999999999999999999"), "-Infinity");
  EXPECT_EQ(canonical("1e-999999999999999999999"), "0.0");
  EXPECT_EQ(canonical("0.0e999999999999999999999"), "0.0");
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(canonical_json(nested(limits::json_depth_max)));
  EXPECT_FALSE(canonical_json(nested(limits::json_depth_max + 2)));
}

TEST(CanonicalJson, FindsADoubledKeyAmongManyAsAmongFew) {
  std::string text = "{\"k\": 0", wanted = "{\"k\": \"last\"";
  for (int i = 0; i < 40; ++i) {
    const std::string more = ", \"" + std::to_string(i) + "\": " + std::to_string(i);
    text += more;
    wanted += more;
  }
  EXPECT_EQ(canonical(text + ", \"k\": \"last\"}"), wanted + "}");
  EXPECT_EQ(canonical(R"({"k":1,"\u006b":2})"), R"({"k": 2})");
}

TEST(CanonicalObject, SetsAMemberInPlaceOrAtTheEnd) {
  auto object = CanonicalObject::read(R"({"params":{"a":[1,2]},"x":1})");
  ASSERT_TRUE(object);
  EXPECT_EQ(*object->find("params"), R"({"a": [1, 2]})");
  EXPECT_EQ(object->find("y"), nullptr);
  object->set("timestamp", canonical_string("2025"));
  object->set("x", "2");
  EXPECT_EQ(object->text(), R"({"params": {"a": [1, 2]}, "x": 2, "timestamp": "2025"})");
  EXPECT_FALSE(CanonicalObject::read("[]"));
  EXPECT_FALSE(CanonicalObject::read("{} {}"));
}

TEST(CanonicalString, WritesHeaderBytesAsPythonReadsThem) {
  EXPECT_EQ(canonical_string("\xc3\xa9"), R"("\u00e9")");
  EXPECT_EQ(canonical_string("\xc3\xa9", true), R"("\u00c3\u00a9")");
  EXPECT_EQ(canonical_string("\xf0\x9f\x98\x80"), R"("\ud83d\ude00")");
}

TEST(Timestamp, IsReadAsPythonReadsEachVector) {
  const json::Value file = vectors("timestamp-vectors.json");
  const json::Array& cases = file.as_object().at("cases").as_array();
  ASSERT_GT(cases.size(), 20u);
  for (const json::Value& row : cases) {
    const std::string input = text_of(row, "input");
    const auto time = parse_timestamp(input);
    if (text_of(row, "result") != "aware") {
      EXPECT_FALSE(time) << input;
      continue;
    }
    ASSERT_TRUE(time) << input;
    const double unix_s = row.as_object().at("unix").to_number<double>();
    EXPECT_NEAR(static_cast<double>(*time) / 1e6, unix_s, 5e-7) << input;
  }
}

TEST(Timestamp, IsWrittenAsPythonWritesIt) {
  EXPECT_EQ(format_timestamp(1'735'787'045'678'901), "2025-01-02T03:04:05.678901+00:00");
  EXPECT_EQ(format_timestamp(1'735'787'045'000'000), "2025-01-02T03:04:05+00:00");
  EXPECT_EQ(format_timestamp(1'735'787'045'000'007), "2025-01-02T03:04:05.000007+00:00");
  EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999999+00:00");
}

TEST(Timestamp, KeepsMicrosecondsAndKnowsTheCalendar) {
  EXPECT_EQ(*parse_timestamp("1970-01-01T00:00:00.000001+00:00"), 1);
  EXPECT_EQ(*parse_timestamp("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_EQ(*parse_timestamp("20250102T030405Z"), 1'735'787'045'000'000);
  EXPECT_EQ(*parse_timestamp("2025W014T030405Z"), 1'735'787'045'000'000);
  EXPECT_EQ(*parse_timestamp("2024-02-29 00:00:00Z"), 1'709'164'800'000'000);
  for (const char* bad :
       {"2023-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2025-W53-1T00:00:00Z",
        "2025-01-02T24:00:00Z", "2025-01-02T03:60:00Z", "2025-01-02T03:04:05+24:00",
        "2025-01-02T03:04:05Zz", "2025-01-02T", "2025-01-02TZ", "2025-01-02T03:04:05.Z",
        "2025-01-02T03:0405Z", "2025-01-02T03:04:05+-1:00", "2025-0102T03:04:05Z"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
}

}  // namespace
}  // namespace subnetd::commune
