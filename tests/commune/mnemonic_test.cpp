// SPDX-License-Identifier: 0BSD
#include "commune/mnemonic.hpp"

#include <gtest/gtest.h>

#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(Mnemonic, GivesTheRecordedEntropyAndMiniSecret) {
  const json::Value all = vectors("mnemonic-vectors.json");
  for (const json::Value& each : all.at("mnemonics").as_array()) {
    const auto entropy = mnemonic_entropy(text_of(each, "mnemonic"));
    ASSERT_TRUE(entropy) << entropy.error().message;
    const Bytes bytes(entropy->bytes.data(), entropy->size);
    EXPECT_EQ(hex_encode(bytes), text_of(each, "entropy"));
    EXPECT_EQ(entropy_mnemonic(bytes).view(), text_of(each, "mnemonic"));
    EXPECT_EQ(hex_encode(entropy_mini_secret(*entropy).span()), text_of(each, "mini_secret"));
  }
  for (const json::Value& each : all.at("with_password").as_array()) {
    const auto mini = mnemonic_mini_secret(text_of(each, "mnemonic"), text_of(each, "password"));
    EXPECT_EQ(hex_encode(mini->span()), text_of(each, "mini_secret"));
  }
}

TEST(Mnemonic, RefusesEveryRecordedMisfit) {
  const json::Value all = vectors("mnemonic-vectors.json");
  for (const json::Value& each : all.at("invalid").as_array()) {
    EXPECT_FALSE(mnemonic_entropy(text_of(each, "mnemonic"))) << text_of(each, "mnemonic");
  }
}

TEST(Mnemonic, RefusesOtherSpacingCaseAndLength) {
  const std::string good = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
  ASSERT_TRUE(mnemonic_entropy(good));
  std::string longer = good;
  for (int i = 0; i < 1000; ++i) longer += " " + good;
  for (const std::string& words :
       {" " + good, good + " ", good + "\n", "Bottom" + good.substr(6), longer, good + " " + good,
        "bottom  drive" + good.substr(12), std::string(1'000'000, ' ')}) {
    EXPECT_FALSE(mnemonic_entropy(words)) << words.substr(0, 90);
  }
}

TEST(Mnemonic, AnErrorNamesThePlaceAndNeverTheWord) {
  const auto wrong =
      mnemonic_entropy("bottom drive obey lake curtain smoke basket hold race lonely fit walkk");
  EXPECT_NE(wrong.error().message.find("word 12"), std::string::npos);
  EXPECT_EQ(wrong.error().message.find("walkk"), std::string::npos);
}

TEST(Mnemonic, ANewOneHasTwelveWordsAndReadsBack) {
  const SecretText words = new_mnemonic();
  EXPECT_EQ(std::ranges::count(words.view(), ' '), 11);
  EXPECT_TRUE(mnemonic_entropy(words.view()));
  EXPECT_NE(new_mnemonic().view(), words.view());
}

}  // namespace
}  // namespace subnetd::commune
