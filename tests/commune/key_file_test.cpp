// SPDX-License-Identifier: 0BSD
#include "commune/key_file.hpp"

#include <gtest/gtest.h>

#include "commune/mnemonic.hpp"
#include "commune/vectors.hpp"
#include "domain/limits.hpp"

namespace subnetd::commune {
namespace {

constexpr const char* vector_address = "5Di6mTYJsfU1Cer6hPVrssQ3hUFApLHeHT3xYaatgK4Xj7Yj";

std::string recorded(const std::string& file) {
  const json::Value all = vectors("keyfile-vectors.json");
  for (const json::Value& each : all.as_array()) {
    const json::Value* name = each.as_object().if_contains("file");
    if (name != nullptr && name->as_string() == file) return text_of(each, "content");
  }
  throw std::runtime_error("no vector " + file);
}

json::Value recorded_seal() {
  const json::Value all = vectors("keyfile-vectors.json");
  for (const json::Value& each : all.as_array()) {
    if (each.as_object().contains("deterministic")) return each.at("deterministic");
  }
  throw std::runtime_error("no recorded seal");
}

SecretText secret(const std::string& text) { return SecretText(text); }

TEST(KeyFile, ReadsAPlainOneOfCommunex) {
  const auto key = read_key_file(recorded("plainkey.json"), nullptr);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->pair.address(), vector_address);
  EXPECT_TRUE(key->mnemonic.view().starts_with("electric suffer"));
  EXPECT_FALSE(is_encrypted_key_file(recorded("plainkey.json")).value());
}

TEST(KeyFile, ReadsAnEncryptedOneOfCommunexWithItsPassword) {
  const SecretText right = secret("correct horse"), wrong = secret("correct horsf");
  const std::string text = recorded("lockedkey.json");
  EXPECT_TRUE(is_encrypted_key_file(text).value());
  EXPECT_EQ(read_key_file(text, &right)->pair.address(), vector_address);
  EXPECT_EQ(read_key_file(text, &wrong).error().code, Errc::unauthorized);
  EXPECT_EQ(read_key_file(text, nullptr).error().code, Errc::unauthorized);
}

TEST(KeyFile, ReadsOneThatHasAPrivateKeyAlone) {
  const auto key = read_key_file(recorded("privonly.json"), nullptr);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->pair.address(), vector_address);
  EXPECT_TRUE(key->mnemonic.empty());
  EXPECT_TRUE(verify(Scheme::sr25519, key->pair.public_key(), bytes_of("x"),
                     key->pair.sign(bytes_of("x"))));
}

TEST(KeyFile, SealsByteForByteAsRecorded) {
  const json::Value vector = recorded_seal();
  const SecretText password = secret(text_of(vector, "password"));
  const auto nonce = array_in<24>(vector, "nonce");
  EXPECT_EQ(seal(text_of(vector, "plaintext"), password, nonce), text_of(vector, "data_base64"));
  EXPECT_EQ(unseal(text_of(vector, "data_base64"), password)->view(), text_of(vector, "plaintext"));
}

TEST(KeyFile, WritesWhatCommunexWritesExceptTheTime) {
  const auto key = read_key_file(recorded("plainkey.json"), nullptr);
  EXPECT_EQ(write_key_file(*key, "plainkey", nullptr, 1795350618).view(),
            recorded("plainkey.json"));
}

TEST(KeyFile, ReadsBackWhatItWroteInEitherScheme) {
  const SecretText password = secret("p\"\\ss w\xc3\xb6rd");
  for (const Scheme scheme : {Scheme::sr25519, Scheme::ed25519}) {
    SecretText words = new_mnemonic();
    StoredKey key{KeyPair::from_mnemonic(words.view(), {}, scheme).value(), std::move(words)};
    for (const SecretText* with : {static_cast<const SecretText*>(nullptr), &password}) {
      const SecretText text = write_key_file(key, "any", with, 1);
      const auto again = read_key_file(text.view(), with);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(again->pair.public_key(), key.pair.public_key());
      EXPECT_EQ(again->pair.scheme(), scheme);
      EXPECT_EQ(again->mnemonic.view(), key.mnemonic.view());
    }
  }
}

TEST(KeyFile, AnEncryptedTextShowsNothingOfTheKey) {
  const auto key = read_key_file(recorded("plainkey.json"), nullptr);
  const SecretText password = secret("x");
  const SecretText text = write_key_file(*key, "plainkey", &password, 1);
  EXPECT_EQ(text.view().find("electric"), std::string_view::npos);
  EXPECT_EQ(text.view().find(hex_encode(key->pair.public_key())), std::string_view::npos);
}

TEST(KeyFile, FallsBackToThePrivateKeyWhenTheMnemonicIsOfAnother) {
  std::string text = recorded("plainkey.json");
  const std::string from = "electric suffer nephew rough gentle decline fun body tray account";
  text.replace(text.find(from), from.size(), "electric suffer nephew rough gentle decline fun");
  const auto key = read_key_file(text, nullptr);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->pair.address(), vector_address);
  EXPECT_TRUE(key->mnemonic.empty());
}

TEST(KeyFile, RefusesASecretThatDoesNotBelongToThePublicKey) {
  const std::string other =
      R"({"data": "{\"mnemonic\": \"\", \"public_key\": \"d43593c715fdd31c61141abd04a99fd6822c8558)"
      R"(854ccde39a5684e7a56da27d\", \"seed_hex\": \"fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5c)"
      R"(a3580ec8deb7797479e\"}", "encrypted": false})";
  const auto key = read_key_file(other, nullptr);
  ASSERT_FALSE(key);
  EXPECT_NE(key.error().message.find("does not belong"), std::string::npos);
}

TEST(KeyFile, RefusesWhatIsNoKeyFile) {
  const SecretText password = secret("x");
  for (const char* text :
       {"", "null", "[]", "{}", "not json", R"({"data": {"alice": "5Grw"}, "encrypted": false})",
        R"({"data": 7, "encrypted": false})", R"({"data": "{}", "encrypted": false})",
        R"({"data": "[]", "encrypted": false})", R"({"data": "!", "encrypted": true})",
        R"({"data": "AAAA", "encrypted": true})", R"({"data": "{}", "encrypted": "no"})",
        R"({"data": "{\"seed_hex\": \"00\"}", "encrypted": false})",
        R"({"data": "{\"crypto_type\": 2, \"seed_hex\": \"00\"}", "encrypted": false})"}) {
    EXPECT_FALSE(read_key_file(text, &password)) << text;
  }
  std::string padded = recorded("plainkey.json");
  padded.append(limits::key_file_bytes_max, ' ');
  EXPECT_EQ(read_key_file(padded, nullptr).error().code, Errc::too_large);
}

}  // namespace
}  // namespace subnetd::commune
