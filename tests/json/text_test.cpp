// SPDX-License-Identifier: 0BSD
#include "domain/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace subnetd {
namespace {

constexpr std::array<std::string_view, 3> fields{"capacity", "endpoint", "region"};

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("regoin", "region"), 1u);
  EXPECT_EQ(edit_distance("same", "same"), 0u);
}

TEST(DidYouMean, FindsTheWordMeantAndStaysSilentWhenNoneIsNear) {
  EXPECT_EQ(did_you_mean("capcity", fields), "capacity");
  EXPECT_EQ(did_you_mean("endpiont", fields), "endpoint");
  EXPECT_EQ(did_you_mean("zzz", fields), std::nullopt);
  EXPECT_EQ(did_you_mean("", fields), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(65, 'c'), fields), std::nullopt);
}

TEST(Utf8, RefusesOverlongSurrogateTruncatedAndTooLargeForms) {
  for (const char* good :
       {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  }
  for (const char* bad :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82", "\xC3("}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

}  // namespace
}  // namespace subnetd
