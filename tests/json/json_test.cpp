// SPDX-License-Identifier: 0BSD
#include "json/json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "domain/limits.hpp"

namespace subnetd::json {
namespace {

constexpr std::size_t cap = 4096;

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string error_of(std::string_view text) {
  const auto value = parse(text, cap);
  return value ? "accepted" : value.error().message;
}

TEST(JsonParse, RefusesDuplicateKeysAtAnyLevelHoweverTheyAreSpelled) {
  EXPECT_NE(error_of(R"({"a":1,"a":2})").find("duplicate key \"a\""), std::string::npos);
  EXPECT_NE(error_of(R"({"x":[{"a":{"b":1,"c":0,"b":2}}]})").find("duplicate"), std::string::npos);
  EXPECT_NE(error_of(R"({"ab":1,"a\u0062":2})").find("duplicate"), std::string::npos);
  EXPECT_EQ(error_of(R"({"a":{"a":{"a":1}},"b":{"a":1}})"), "accepted");
}

TEST(JsonParse, RefusesNumbersThatAreNotFiniteOrDoNotFit) {
  for (const char* bad : {"1e400", "-1e400", "[1e309]", "NaN", "Infinity", "18446744073709551616",
                          "-9223372036854775809", "01", "+1", "1.", ".5"}) {
    EXPECT_NE(error_of(bad), "accepted") << bad;
  }
}

TEST(JsonParse, KeepsIntegersExactAndReadsDoublesToTheNearest) {
  EXPECT_EQ(parse("18446744073709551615", cap)->as_uint64(), 18446744073709551615ull);
  EXPECT_EQ(parse("-9223372036854775808", cap)->as_int64(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse("9007199254740993", cap)->as_int64(), 9007199254740993);
  EXPECT_EQ(parse("0.1", cap)->as_double(), 0.1);
  EXPECT_EQ(parse("123456789012345.678e-20", cap)->as_double(), 123456789012345.678e-20);
}

TEST(JsonParse, TakesTheDepthLimitAndRefusesOneMore) {
  EXPECT_EQ(error_of(nested(limits::json_depth_max)), "accepted");
  EXPECT_NE(error_of(nested(limits::json_depth_max + 1)).find("nested deeper"), std::string::npos);
}

TEST(JsonParse, TakesTheByteCapAndRefusesOneMoreAsTooLarge) {
  const std::string text = "\"" + std::string(10, 'a') + "\"";
  EXPECT_TRUE(parse(text, text.size()));
  EXPECT_EQ(parse(text, text.size() - 1).error().code, Errc::too_large);
}

TEST(JsonParse, RefusesBadUtf8TrailingBytesAndEmptyText) {
  for (const char* bad : {"\"\xFF\"", "\"\xC0\x80\"", "{\"\xED\xA0\x80\":1}", R"("\ud800")", "{} x",
                          "1 2", "", " ", "{", "[1,]", "{'a':1}", "// c\n1"}) {
    const auto value = parse(bad, cap);
    ASSERT_FALSE(value) << bad;
    EXPECT_EQ(value.error().code, Errc::malformed);
  }
  EXPECT_TRUE(parse(" {} \n", cap));
}

TEST(JsonSerialize, NeverWritesANumberThatIsNotFinite) {
  Object object;
  object["nan"] = std::nan("");
  object["inf"] = std::numeric_limits<double>::infinity();
  object["half"] = 0.5;
  object["one"] = 1.0;
  EXPECT_EQ(serialize(object), R"({"nan":null,"inf":null,"half":0.5,"one":1.0})");
}

TEST(JsonSerialize, EscapesControlBytesAndReplacesWhatIsNotUtf8) {
  std::string out;
  append_string(out, "a\"\\\n\x1b\x7f\xFF\xC3\xA9");
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u001b\\u007f\xEF\xBF\xBD\xC3\xA9\"");
}

TEST(JsonFields, SaysWhichFieldWasExpectedToBeWhat) {
  const Value value = *parse(R"({"capacity":"x","id":"","deep":{"n":1.5}})", cap);
  const Fields fields = *Fields::of(value);
  EXPECT_EQ(fields.whole("capacity", 1, 10'000'000).error().message,
            "field \"capacity\": expected an integer 1..10000000, got \"x\"");
  EXPECT_EQ(fields.text("id", 1, 64).error().message,
            "field \"id\": expected a string of 1 to 64 bytes, got \"\"");
  EXPECT_EQ(fields.text("key", 1, 64).error().message,
            "field \"key\": expected a string of 1 to 64 bytes, but it is missing");
  EXPECT_EQ(fields.fields("deep")->whole("n", 0, 9).error().message,
            "deep: field \"n\": expected an integer 0..9, got 1.5");
  EXPECT_EQ(Fields::of(*parse("[]", cap), "params").error().message,
            "params: expected a JSON object, got an array");
}

TEST(JsonFields, TakesBothEndsOfARangeAndNothingBeyond) {
  const Value value = *parse(R"({"a":1,"b":10,"c":0,"d":11,"e":-1,"f":null})", cap);
  const Fields fields = *Fields::of(value);
  EXPECT_EQ(fields.whole("a", 1, 10), 1u);
  EXPECT_EQ(fields.whole("b", 1, 10), 10u);
  for (const char* out_of_range : {"c", "d", "e", "f"}) {
    EXPECT_FALSE(fields.whole(out_of_range, 1, 10)) << out_of_range;
  }
  EXPECT_EQ(fields.maybe_whole("f", 1, 10)->has_value(), false);
  EXPECT_FALSE(fields.maybe_whole("d", 1, 10));
}

TEST(JsonFields, SuggestsTheFieldThatWasMeant) {
  constexpr std::array<std::string_view, 2> known{"id", "capacity"};
  const Value value = *parse(R"({"capcity":1})", cap);
  EXPECT_EQ(Fields::of(value)->only(known).error().message,
            "unknown field \"capcity\", did you mean \"capacity\"?");
  const Value strange = *parse(R"({"zzzzzz":1})", cap);
  EXPECT_EQ(Fields::of(strange)->only(known).error().hint, "known fields: id capacity");
}

}  // namespace
}  // namespace subnetd::json
