// SPDX-License-Identifier: 0BSD
#include "commune/ss58.hpp"

#include <gtest/gtest.h>

#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(Ss58, WritesAndReadsEveryRecordedAddress) {
  const json::Value all = vectors("ss58-vectors.json");
  for (const json::Value& each : all.at("valid").as_array()) {
    const auto key = array_in<32>(each, "public_key");
    const auto prefix = static_cast<std::uint16_t>(each.at("prefix").as_int64());
    EXPECT_EQ(ss58_encode(key, prefix), text_of(each, "address"));
    EXPECT_EQ(ss58_decode(text_of(each, "address"), prefix).value(), key);
    EXPECT_EQ(ss58_decode(text_of(each, "address")).has_value(), prefix == commune_prefix);
  }
}

TEST(Ss58, RefusesEveryRecordedMisfit) {
  const json::Value all = vectors("ss58-vectors.json");
  for (const json::Value& each : all.at("invalid").as_array()) {
    EXPECT_FALSE(ss58_decode(text_of(each, "address")))
        << text_of(each, "address") << ": " << text_of(each, "reason");
  }
}

TEST(Ss58, RefusesWhatOtherLibrariesLetPass) {
  const std::string good = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
  EXPECT_TRUE(ss58_decode(good));
  for (const std::string& text : {good + "\n", good + " ", "1" + good, std::string("F7Hs"),
                                  std::string("25GUyv"), std::string(200, '1'),
                                  std::string(100'000, 'z'), good + std::string(1, '\0')}) {
    EXPECT_FALSE(ss58_decode(text)) << text.substr(0, 60);
  }
  EXPECT_EQ(ss58_encode({}, 46), "");
  EXPECT_EQ(ss58_encode({}, 16384), "");
}

TEST(Ss58, TheZeroKeyKeepsItsLeadingZeros) {
  const std::string address = ss58_encode(PublicKey{}, 0);
  EXPECT_EQ(ss58_decode(address, 0).value(), PublicKey{});
}

}  // namespace
}  // namespace subnetd::commune
