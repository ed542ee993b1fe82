// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>
#include <sodium.h>

#include <random>

#include "commune/ed25519.hpp"
#include "commune/key_pair.hpp"
#include "commune/sr25519.hpp"
#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

TEST(Sr25519, VerifiesEveryRecordedSignature) {
  const json::Value all = vectors("sr25519-vectors.json");
  for (const json::Value& each : all.at("valid").as_array()) {
    const auto key = array_in<32>(each, "public_key");
    const auto message = bytes_in(each, "message");
    auto signature = array_in<64>(each, "signature");
    EXPECT_TRUE(sr25519_verify(key, message, signature)) << text_of(each, "name");
    signature[40] ^= 1;
    EXPECT_FALSE(sr25519_verify(key, message, signature)) << text_of(each, "name");
  }
}

TEST(Sr25519, ExpandsASeedToTheRecordedSecretAndKey) {
  const json::Value all = vectors("sr25519-vectors.json");
  for (const json::Value& each : all.at("valid").as_array()) {
    const KeyPair pair = KeyPair::from_mini_secret(mini_in(each, "seed"));
    EXPECT_EQ(hex_encode(pair.public_key()), text_of(each, "public_key"));
    EXPECT_EQ(pair.address(), text_of(each, "ss58_address"));
    EXPECT_EQ(hex_encode(pair.private_key().span()),
              text_of(each, "secret_scalar") + text_of(each, "secret_nonce"));
    const auto message = bytes_in(each, "message");
    EXPECT_TRUE(sr25519_verify(pair.public_key(), message, pair.sign(message)));
  }
}

TEST(Sr25519, SignsByteForByteWithTheRecordedRandomBytes) {
  const json::Value all = vectors("sr25519-vectors.json");
  for (const json::Value& each : all.at("deterministic_sign").as_array()) {
    const KeyPair pair = KeyPair::from_mini_secret(mini_in(each, "seed"));
    const auto random = array_in<32>(each, "rng_bytes");
    EXPECT_EQ(hex_encode(pair.sign(bytes_in(each, "message"), random)),
              text_of(each, "signature"))
        << text_of(each, "name");
  }
}

TEST(Sr25519, RefusesEveryRecordedForgery) {
  const json::Value all = vectors("sr25519-vectors.json");
  for (const char* group : {"invalid", "accepted_but_should_be_refused_by_policy"}) {
    for (const json::Value& each : all.at(group).as_array()) {
      const auto key = hex_array<32>(text_of(each, "public_key"));
      const auto signature = hex_array<64>(text_of(each, "signature"));
      const bool taken =
          key && signature && sr25519_verify(*key, bytes_in(each, "message"), *signature);
      EXPECT_FALSE(taken) << text_of(each, "name");
    }
  }
}

TEST(Sr25519, KnowsWhichKeysNobodyMayHold) {
  PublicKey key{};
  EXPECT_FALSE(sr25519_valid_key(key)) << "the identity";
  key[0] = 1;
  EXPECT_FALSE(sr25519_valid_key(key)) << "not a point";
  EXPECT_TRUE(sr25519_valid_key(KeyPair::generate().public_key()));
}

TEST(Sr25519, SignsDifferentlyEachTime) {
  const KeyPair pair = KeyPair::generate();
  EXPECT_NE(pair.sign(bytes_of("same")), pair.sign(bytes_of("same")));
}

// Signing is libsodium's, verifying libdecaf's.
TEST(Sr25519, TakesWhatItSignedAndNothingThatDiffersInABit) {
  std::mt19937_64 random(25519);
  for (int i = 0; i < 500; ++i) {
    const KeyPair pair = KeyPair::generate();
    std::vector<std::uint8_t> message(random() % 300);
    for (std::uint8_t& byte : message) byte = static_cast<std::uint8_t>(random());
    Signature signature = pair.sign(message);
    ASSERT_TRUE(sr25519_verify(pair.public_key(), message, signature)) << hex_encode(signature);
    PublicKey key = pair.public_key();
    const std::size_t bit = random() % 512;
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(sr25519_verify(key, message, signature)) << "bit " << bit;
    signature[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    key[bit / 16] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_FALSE(sr25519_verify(key, message, signature)) << "of the key, bit " << bit;
  }
}

TEST(Sr25519, ItsTwoLibrariesTakeTheSameTextsForPoints) {
  std::mt19937_64 random(255);
  std::size_t points = 0;
  for (int i = 0; i < 20'000; ++i) {
    PublicKey text{};
    for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>(random());
    if (i % 2 == 0) text[0] &= 0xFE;  // a negative one is no point
    if (i % 8 == 0) text.fill(i % 16 == 0 ? 0 : 0xFF);
    if (i % 8 == 0) text[0] = static_cast<std::uint8_t>(random());
    text[31] &= 0x7F;  // libsodium 1.0.18 does not look at that bit
    const bool valid = crypto_core_ristretto255_is_valid_point(text.data()) == 1;
    EXPECT_EQ(sr25519_valid_key(text), valid && !sodium_is_zero(text.data(), text.size()))
        << hex_encode(text);
    points += valid;
    text[31] |= 0x80;
    EXPECT_FALSE(sr25519_valid_key(text)) << hex_encode(text);
  }
  EXPECT_GT(points, 500u);
}

TEST(Sr25519, AKeyHasNoSecondSpelling) {
  const KeyPair pair = KeyPair::generate();
  PublicKey other = pair.public_key();
  other[31] |= 0x80;
  EXPECT_FALSE(sr25519_valid_key(other));
  // Signed with that spelling in the text that is hashed.
  const MiniSecret seed(std::array<std::uint8_t, 32>{7});
  const Sr25519Secret secret = sr25519_expand(seed);
  PublicKey key = KeyPair::from_mini_secret(seed).public_key();
  key[31] |= 0x80;
  const std::array<std::uint8_t, 32> random{};
  const Signature signature = sr25519_sign(secret, key, bytes_of("text"), random);
  EXPECT_FALSE(sr25519_verify(key, bytes_of("text"), signature));
}

TEST(Ed25519, VerifiesAndSignsAsRecorded) {
  const json::Value all = vectors("ed25519-vectors.json");
  for (const json::Value& each : all.at("valid").as_array()) {
    const KeyPair pair = KeyPair::from_mini_secret(mini_in(each, "seed"), Scheme::ed25519);
    EXPECT_EQ(hex_encode(pair.public_key()), text_of(each, "public_key"));
    EXPECT_EQ(pair.address(), text_of(each, "ss58_address"));
    const auto message = bytes_in(each, "message");
    EXPECT_EQ(hex_encode(pair.sign(message)), text_of(each, "signature"));
    EXPECT_TRUE(ed25519_verify(pair.public_key(), message, array_in<64>(each, "signature")));
  }
}

TEST(Ed25519, RefusesEveryRecordedForgery) {
  const json::Value all = vectors("ed25519-vectors.json");
  for (const json::Value& each : all.at("invalid").as_array()) {
    const auto signature = hex_array<64>(text_of(each, "signature"));
    const bool taken = signature && ed25519_verify(array_in<32>(each, "public_key"),
                                                   bytes_in(each, "message"), *signature);
    EXPECT_FALSE(taken) << text_of(each, "name");
  }
}

}  // namespace
}  // namespace subnetd::commune
