// SPDX-License-Identifier: 0BSD
#include "net/http_types.hpp"

#include <gtest/gtest.h>

namespace subnetd::net {
namespace {

TEST(HttpTypes, DecodesPercentEscapesAndRefusesBrokenOnes) {
  EXPECT_EQ(percent_decode("a%2Fb%20c+d"), "a/b c+d");
  for (const char* bad : {"%", "%4", "%zz", "a%2"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(HttpTypes, ReadsAQueryInOrderAndRefusesTooManyPairs) {
  const auto pairs = parse_query("a=1&b=x+y&c&&d=%3D");
  ASSERT_TRUE(pairs);
  EXPECT_EQ(*pairs, (HttpHeaders{{"a", "1"}, {"b", "x y"}, {"c", ""}, {"d", "="}}));
  EXPECT_FALSE(parse_query("a=%G0"));
  std::string many;
  for (int i = 0; i < 64; ++i) many += "a=1&";
  EXPECT_TRUE(parse_query(many));
  EXPECT_FALSE(parse_query(many + "a=1"));
}

TEST(HttpTypes, GivesEveryErrcItsStatusAndAsksForPatienceWhereRetryHelps) {
  EXPECT_EQ(error_response({Errc::refused, "m", "h"}).body,
            R"({"error":{"code":"refused","message":"m","hint":"h"}})");
  EXPECT_EQ(error_response({Errc::refused, "", ""}).status, 422);
  EXPECT_TRUE(error_response({Errc::conflict, "", ""}).headers.empty());
  EXPECT_EQ(error_response({Errc::unavailable, "", ""}).headers.front().first, "Retry-After");
  EXPECT_EQ(error_response({Errc::rate_limited, "", ""}).status, 429);
}

TEST(ResponseStreamQueue, TakesItsLimitAndDropsOnOneMoreByte) {
  ResponseStream stream(10);
  EXPECT_TRUE(stream.push("12345"));
  EXPECT_TRUE(stream.push("67890"));
  EXPECT_FALSE(stream.push("x"));
  EXPECT_TRUE(stream.dropped());
}

}  // namespace
}  // namespace subnetd::net
