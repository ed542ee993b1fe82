// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <subnet/json.hpp>

namespace {

using subnet::json::append;
using subnet::json::parse;
using subnet::json::value;

bool valid(std::string_view text) {
  value out;
  std::string why;
  return parse(text, out, why);
}

std::string written_again(std::string_view text) {
  value out;
  std::string why, again;
  EXPECT_TRUE(parse(text, out, why)) << why;
  append(again, out);
  return again;
}

TEST(JsonReader, WritesBackWhatItRead) {
  for (const char* text : {"null", "true", "-0.5e+10", R"("a\"b\\c")", R"([1,[],{}])",
                           R"({"a":{"b":[false]},"c":123456789012345678901234567890})"})
    EXPECT_EQ(written_again(text), text);
  EXPECT_EQ(written_again(" [ 1 , 2 ] "), "[1,2]");
  EXPECT_EQ(written_again(R"("\u00e9\ud83d\ude00\u0001")"), "\"\u00e9\U0001f600\\u0001\"");
}

TEST(JsonReader, RefusesWhatIsNoJson) {
  for (const char* text :
       {"", " ", "nul", "tru", "NaN", "Infinity", "01", "1.", ".5", "+1", "1e", "-", "[1,]", "[1",
        "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "'a'", "\"a", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\t\"", "1 2", "// x\n1"})
    EXPECT_FALSE(valid(text)) << text;
}

TEST(JsonReader, RefusesDuplicateKeysAndInvalidUtf8) {
  EXPECT_FALSE(valid(R"({"a":1,"a":1})"));
  for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\""})
    EXPECT_FALSE(valid(text));
}

TEST(JsonReader, StopsAtDepthThirtyTwo) {
  EXPECT_TRUE(valid(std::string(32, '[') + std::string(32, ']')));
  EXPECT_FALSE(valid(std::string(33, '[') + std::string(33, ']')));
}

TEST(JsonReader, KeepsANumbersTextAndReadsItExactly) {
  value out;
  std::string why;
  ASSERT_TRUE(parse("9223372036854775807", out, why));
  EXPECT_EQ(out.integer(), INT64_MAX);
  ASSERT_TRUE(parse("9223372036854775808", out, why));
  EXPECT_EQ(out.integer(), std::nullopt);
  ASSERT_TRUE(parse("1e400", out, why));
  EXPECT_EQ(out.number(), std::nullopt);
  EXPECT_EQ(out.text, "1e400");
}

}  // namespace
