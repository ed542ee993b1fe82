// SPDX-License-Identifier: 0BSD
#include "commune/key_pair.hpp"

#include <gtest/gtest.h>

#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(KeyPair, OfAMnemonicIsTheRecordedOneInBothSchemes) {
  const json::Value all = vectors("mnemonic-vectors.json");
  for (const json::Value& each : all.at("mnemonics").as_array()) {
    const auto sr25519 = KeyPair::from_mnemonic(text_of(each, "mnemonic"));
    EXPECT_EQ(hex_encode(sr25519->public_key()), text_of(each, "sr25519_public_key"));
    EXPECT_EQ(sr25519->address(), text_of(each, "sr25519_ss58"));
    const auto ed25519 = KeyPair::from_mnemonic(text_of(each, "mnemonic"), {}, Scheme::ed25519);
    EXPECT_EQ(ed25519->address(), text_of(each, "ed25519_ss58"));
  }
}

TEST(KeyPair, OfADerivationUriIsTheRecordedOne) {
  const json::Value all = vectors("mnemonic-vectors.json");
  for (const json::Value& each : all.at("derivation").as_array()) {
    const auto pair = KeyPair::from_uri(text_of(each, "base_mnemonic") + text_of(each, "uri"));
    ASSERT_TRUE(pair) << text_of(each, "uri") << ": " << pair.error().message;
    EXPECT_EQ(hex_encode(pair->public_key()), text_of(each, "public_key")) << text_of(each, "uri");
    EXPECT_EQ(pair->address(), text_of(each, "ss58"));
    ASSERT_EQ(pair->mini_secret().has_value(), each.as_object().contains("mini_secret"));
    if (!pair->mini_secret()) continue;
    EXPECT_EQ(hex_encode(pair->mini_secret()->span()), text_of(each, "mini_secret"));
  }
}

TEST(KeyPair, OfASoftJunctionSignsForItsPublicKey) {
  const auto pair = KeyPair::from_uri("//Alice/soft");
  ASSERT_TRUE(pair);
  EXPECT_TRUE(verify(Scheme::sr25519, pair->public_key(), bytes_of("x"),
                     pair->sign(bytes_of("x"))));
  EXPECT_FALSE(KeyPair::from_uri("//Alice/soft", Scheme::ed25519));
}

TEST(KeyPair, OfAUriWithoutASecretIsADevelopmentKey) {
  EXPECT_EQ(KeyPair::from_uri("//Alice")->address(),
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
  const auto hex = KeyPair::from_uri(
      "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e//Alice");
  EXPECT_EQ(hex->address(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
}

TEST(KeyPair, RefusesAUriThatDoesNotNameOneKey) {
  for (const char* uri : {"/", "/soft/", "//", "//a//", "0x12//Alice", "nonsense//Alice",
                          "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479"}) {
    EXPECT_FALSE(KeyPair::from_uri(uri)) << uri;
  }
  EXPECT_FALSE(KeyPair::from_uri("//" + std::string(20'000, 'x')));
}

TEST(KeyPair, OfAPrivateKeySignsForTheSamePublicKey) {
  const KeyPair pair = KeyPair::generate();
  const auto again = KeyPair::from_private_key(pair.private_key().span());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), pair.public_key());
  EXPECT_TRUE(verify(Scheme::sr25519, pair.public_key(), bytes_of("x"),
                     again->sign(bytes_of("x"))));
}

TEST(KeyPair, RefusesAPrivateKeyWhoseScalarIsZeroOrNotCanonical) {
  std::array<std::uint8_t, 64> bytes{};
  EXPECT_FALSE(KeyPair::from_private_key(bytes));
  bytes.fill(0xff);
  EXPECT_FALSE(KeyPair::from_private_key(bytes));
}

}  // namespace
}  // namespace subnetd::commune
