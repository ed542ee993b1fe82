// SPDX-License-Identifier: 0BSD
// Many signatures at once hold when each holds alone, and not otherwise.
#include <gtest/gtest.h>
#include <sodium.h>

#include <deque>
#include <random>

#include "commune/key_pair.hpp"
#include "commune/sr25519.hpp"
#include "commune/vectors.hpp"

namespace subnetd::commune {
namespace {

struct Signed {
  PublicKey key;
  std::vector<std::uint8_t> message;
  Signature signature;
};

bool hold(const std::deque<Signed>& all) {
  std::vector<Sr25519Claim> claims;
  for (const Signed& each : all) claims.push_back({&each.key, each.message, &each.signature});
  return sr25519_verify_all(claims);
}

std::deque<Signed> recorded() {
  std::deque<Signed> out;
  const json::Value file = vectors("sr25519-vectors.json");
  for (const json::Value& each : file.at("valid").as_array()) {
    out.push_back({array_in<32>(each, "public_key"), bytes_in(each, "message"),
                   array_in<64>(each, "signature")});
  }
  return out;
}

TEST(Sr25519Batch, OfEveryRecordedSignatureHolds) {
  const std::deque<Signed> all = recorded();
  ASSERT_GT(all.size(), 3u);
  EXPECT_TRUE(hold(all));
  EXPECT_TRUE(hold({}));
  EXPECT_TRUE(hold({all.front()}));
  EXPECT_TRUE(hold({all.front(), all.front()}));
}

TEST(Sr25519Batch, IsSpoiltByAnyRecordedForgery) {
  const json::Value file = vectors("sr25519-vectors.json");
  for (const char* group : {"invalid", "accepted_but_should_be_refused_by_policy"}) {
    for (const json::Value& each : file.at(group).as_array()) {
      const auto key = hex_array<32>(text_of(each, "public_key"));
      const auto signature = hex_array<64>(text_of(each, "signature"));
      if (!key || !signature) continue;
      std::deque<Signed> all = recorded();
      all.insert(all.begin() + 1, {*key, bytes_in(each, "message"), *signature});
      EXPECT_FALSE(hold(all)) << text_of(each, "name");
    }
  }
}

TEST(Sr25519Batch, IsSpoiltByABitOfAnyOfThem) {
  std::mt19937_64 random(255);
  for (std::size_t size = 1; size <= 40; ++size) {
    std::deque<Signed> all;
    for (std::size_t i = 0; i < size; ++i) {
      const KeyPair pair = KeyPair::generate();
      std::vector<std::uint8_t> message(random() % 300);
      for (std::uint8_t& byte : message) byte = static_cast<std::uint8_t>(random());
      all.push_back({pair.public_key(), message, pair.sign(message)});
    }
    ASSERT_TRUE(hold(all));
    for (int round = 0; round < 8; ++round) {
      Signed& one = all[random() % size];
      const std::size_t bit = random() % 768;
      std::uint8_t& byte = bit < 512 ? one.signature[bit / 8] : one.key[bit / 8 - 64];
      byte ^= static_cast<std::uint8_t>(1u << bit % 8);
      EXPECT_FALSE(hold(all)) << size << ", bit " << bit;
      byte ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
  }
}

// What one has too much the other has too little: their plain sum would hold.
TEST(Sr25519Batch, IsSpoiltByTwoForgeriesThatCancel) {
  const MiniSecret seed(std::array<std::uint8_t, 32>{7});
  const KeyPair pair = KeyPair::from_mini_secret(seed);
  const auto message = bytes_of("text");
  std::deque<Signed> all;
  for (int i = 0; i < 2; ++i) {
    all.push_back({pair.public_key(), {message.begin(), message.end()}, pair.sign(message)});
  }
  std::array<std::uint8_t, 32> one{1};
  for (Signed& each : all) {
    std::uint8_t* const scalar = each.signature.data() + 32;
    scalar[31] &= 0x7F;
    if (&each == &all.front()) crypto_core_ristretto255_scalar_add(scalar, scalar, one.data());
    else crypto_core_ristretto255_scalar_sub(scalar, scalar, one.data());
    scalar[31] |= 0x80;
    EXPECT_FALSE(sr25519_verify(each.key, each.message, each.signature));
  }
  EXPECT_FALSE(hold(all));
}

TEST(Sr25519Batch, KnowsWhoseSignatureIsWhose) {
  std::deque<Signed> all = recorded();
  std::swap(all[0].signature, all[1].signature);
  EXPECT_FALSE(hold(all));
}

}  // namespace
}  // namespace subnetd::commune
