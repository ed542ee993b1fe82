// SPDX-License-Identifier: 0BSD
#include "commune/key_file.hpp"

#include <sodium.h>

#include "commune/ss58.hpp"
#include "domain/limits.hpp"
#include "json/json.hpp"

namespace subnetd::commune {

namespace {

constexpr std::size_t nonce_bytes = crypto_secretbox_NONCEBYTES;
constexpr std::size_t tag_bytes = crypto_secretbox_MACBYTES;

// A parsed text whose strings are wiped when it goes.
class SecretJson {
 public:
  static Result<SecretJson> parse(std::string_view text) {
    SecretJson out;
    SUBNETD_TRY(out.value_, json::parse(text, 4 * limits::key_file_bytes_max));
    return out;
  }
  SecretJson(SecretJson&& other) noexcept = default;
  SecretJson& operator=(SecretJson&& other) noexcept = default;
  ~SecretJson() { forget(value_); }

  json::Value& value() { return value_; }

 private:
  SecretJson() = default;
  static void forget(json::Value& value) {
    if (auto* text = value.if_string()) {
      wipe(text->data(), text->size());
    } else if (auto* array = value.if_array()) {
      for (json::Value& item : *array) forget(item);
    } else if (auto* object = value.if_object()) {
      for (auto& member : *object) forget(member.value());
    }
  }

  json::Value value_;
};

std::string_view text_in(const json::Object& object, std::string_view field) {
  const json::Value* value = object.if_contains(field);
  if (value == nullptr || !value->is_string()) return {};
  return value->as_string();
}

std::string_view without_prefix(std::string_view hex) {
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  return hex;
}

Result<Scheme> scheme_in(const json::Object& key) {
  const json::Value* value = key.if_contains("crypto_type");
  if (value == nullptr) return Scheme::sr25519;
  if (value->is_string()) return parse_scheme(value->as_string());
  if (value->is_int64()) return parse_scheme(std::to_string(value->as_int64()));
  return fail(Errc::malformed, "crypto_type is neither a number nor a name");
}

// What the file says its public key is; nothing when it does not.
Result<std::optional<PublicKey>> named_key(const json::Object& key) {
  if (const std::string_view hex = text_in(key, "public_key"); !hex.empty()) {
    SUBNETD_TRY(const PublicKey named, hex_array<32>(without_prefix(hex)));
    return named;
  }
  if (const std::string_view address = text_in(key, "ss58_address"); !address.empty()) {
    SUBNETD_TRY(const PublicKey named, ss58_decode(address));
    return named;
  }
  return std::nullopt;
}

Result<KeyPair> pair_of_private(std::string_view hex, Scheme scheme) {
  hex = without_prefix(hex);
  if (scheme == Scheme::sr25519) {
    Secret<64> bytes;
    SUBNETD_CHECK(hex_decode_into(hex, bytes.span()));
    return KeyPair::from_private_key(bytes.span());
  }
  MiniSecret seed;  // alone, or with the public key behind it
  SUBNETD_CHECK(hex_decode_into(hex.substr(0, 64), seed.span()));
  return KeyPair::from_mini_secret(seed, scheme);
}

Result<KeyPair> pair_of_seed(std::string_view hex, Scheme scheme) {
  MiniSecret seed;
  SUBNETD_CHECK(hex_decode_into(without_prefix(hex), seed.span()));
  return KeyPair::from_mini_secret(seed, scheme);
}

Result<StoredKey> key_of(const json::Object& key) {
  SUBNETD_TRY(const Scheme scheme, scheme_in(key));
  SUBNETD_TRY(const std::optional<PublicKey> named, named_key(key));
  const auto fits = [&](const Result<KeyPair>& pair) {
    return pair && (!named || pair->public_key() == *named);
  };
  const std::string_view mnemonic = text_in(key, "mnemonic");
  const std::string_view private_key = text_in(key, "private_key");
  const std::string_view seed = text_in(key, "seed_hex");
  if (mnemonic.empty() && private_key.empty() && seed.empty()) {
    return fail(Errc::malformed, "it holds neither mnemonic, private key nor seed");
  }
  if (!mnemonic.empty()) {
    auto pair = KeyPair::from_mnemonic(mnemonic, {}, scheme);
    if (fits(pair)) return StoredKey{std::move(*pair), SecretText(std::string(mnemonic))};
  }
  if (!private_key.empty()) {
    auto pair = pair_of_private(private_key, scheme);
    if (fits(pair)) return StoredKey{std::move(*pair), {}};
  }
  if (!seed.empty()) {
    auto pair = pair_of_seed(seed, scheme);
    if (fits(pair)) return StoredKey{std::move(*pair), {}};
  }
  return fail(Errc::malformed, "its secret does not belong to its public key");
}

MiniSecret password_key(const SecretText& password) {
  MiniSecret key;
  const Bytes text = bytes_of(password.view());
  crypto_generichash(key.data(), 32, text.data(), text.size(), nullptr, 0);
  return key;
}

struct Envelope {
  SecretJson file;
  bool encrypted = false;
};

Result<Envelope> open_envelope(std::string_view text) {
  if (text.size() > limits::key_file_bytes_max) {
    return fail(Errc::too_large, "a key file has at most " +
                                     std::to_string(limits::key_file_bytes_max) + " bytes");
  }
  SUBNETD_TRY(SecretJson file, SecretJson::parse(text));
  const json::Object* object = file.value().if_object();
  if (object == nullptr) return fail(Errc::malformed, "it is not a JSON object");
  const json::Value* encrypted = object->if_contains("encrypted");
  if (encrypted != nullptr && !encrypted->is_bool()) {
    return fail(Errc::malformed, "\"encrypted\" is not true or false");
  }
  const bool is_encrypted = encrypted != nullptr && encrypted->as_bool();
  return Envelope{std::move(file), is_encrypted};
}

// Python's json.dumps of the key's dictionary: these members, in this order.
SecretText key_json(const StoredKey& key, std::string_view name) {
  SecretText out;
  std::string& text = out.text();
  text.reserve(2048);  // never moved, so that no copy stays behind
  const auto member = [&](const char* field, std::string_view value) {
    text.append(text.empty() ? "{\"" : ", \"").append(field).append("\": ");
    json::append_string(text, value);
  };
  const bool sr25519 = key.pair.scheme() == Scheme::sr25519;
  const SecretText private_key(
      hex_encode(sr25519 ? Bytes(key.pair.private_key().span())
                         : Bytes(key.pair.private_key().span().first<32>())));
  const SecretText seed(key.pair.mini_secret() ? hex_encode(key.pair.mini_secret()->span()) : "");
  member("path", name);
  member("mnemonic", key.mnemonic.view());
  member("public_key", hex_encode(key.pair.public_key()));
  member("private_key", private_key.view());
  member("ss58_address", key.pair.address());
  member("seed_hex", seed.view());
  text.append(", \"ss58_format\": 42, \"crypto_type\": ")
      .append(sr25519 ? "1" : "0")
      .append(", \"derive_path\": null}");
  return out;
}

}  // namespace

std::string seal(std::string_view plain, const SecretText& password,
                 std::span<const std::uint8_t, 24> nonce) {
  std::vector<std::uint8_t> sealed(nonce.begin(), nonce.end());
  sealed.resize(nonce_bytes + tag_bytes + plain.size());
  const MiniSecret key = password_key(password);
  crypto_secretbox_easy(sealed.data() + nonce_bytes, bytes_of(plain).data(), plain.size(),
                        nonce.data(), key.data());
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
  std::string base64(sodium_base64_encoded_len(sealed.size(), variant), '\0');
  sodium_bin2base64(base64.data(), base64.size(), sealed.data(), sealed.size(), variant);
  base64.pop_back();  // its terminating zero
  return base64;
}

Result<SecretText> unseal(std::string_view data, const SecretText& password) {
  std::vector<std::uint8_t> sealed(data.size());
  std::size_t size = 0;
  const char* end = nullptr;
  const bool decoded =
      sodium_base642bin(sealed.data(), sealed.size(), data.data(), data.size(), nullptr, &size,
                        &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
      end == data.data() + data.size();
  if (!decoded) return fail(Errc::malformed, "its encrypted data is not base64");
  if (size < nonce_bytes + tag_bytes) {
    return fail(Errc::malformed, "its encrypted data is too short");
  }
  SecretText plain(std::string(size - nonce_bytes - tag_bytes, '\0'));
  const MiniSecret key = password_key(password);
  if (crypto_secretbox_open_easy(reinterpret_cast<std::uint8_t*>(plain.text().data()),
                                 sealed.data() + nonce_bytes, size - nonce_bytes, sealed.data(),
                                 key.data()) != 0) {
    return fail(Errc::unauthorized, "the password is wrong, or the file was altered");
  }
  return plain;
}

Result<bool> is_encrypted_key_file(std::string_view text) {
  SUBNETD_TRY(const Envelope envelope, open_envelope(text));
  return envelope.encrypted;
}

Result<StoredKey> read_key_file(std::string_view text, const SecretText* password) {
  SUBNETD_TRY(Envelope envelope, open_envelope(text));
  const json::Object& file = envelope.file.value().as_object();
  const json::Value* data = file.if_contains("data");
  if (data == nullptr) return key_of(file);  // a key without an envelope
  if (!envelope.encrypted && data->is_object()) return key_of(data->as_object());
  if (!data->is_string()) return fail(Errc::malformed, "its \"data\" is not text");
  const std::string_view inner = data->as_string();
  if (!envelope.encrypted) {
    SUBNETD_TRY(SecretJson key, SecretJson::parse(inner));
    if (!key.value().is_object()) return fail(Errc::malformed, "its \"data\" is not a key");
    return key_of(key.value().as_object());
  }
  if (password == nullptr) {
    return fail(Errc::unauthorized, "it is encrypted and no password is known",
                "set COMX_UNIVERSAL_PASSWORD or COMX_KEY_PASSWORDS");
  }
  SUBNETD_TRY(const SecretText plain, unseal(inner, *password));
  // A JSON string that holds JSON; the object itself is taken as well.
  SUBNETD_TRY(SecretJson outer, SecretJson::parse(plain.view()));
  if (outer.value().is_object()) return key_of(outer.value().as_object());
  if (!outer.value().is_string()) return fail(Errc::malformed, "it holds no key");
  SUBNETD_TRY(SecretJson key, SecretJson::parse(std::string_view(outer.value().as_string())));
  if (!key.value().is_object()) return fail(Errc::malformed, "it holds no key");
  return key_of(key.value().as_object());
}

SecretText write_key_file(const StoredKey& key, std::string_view name, const SecretText* password,
                          std::int64_t now_s) {
  const SecretText inner = key_json(key, name);
  SecretText quoted;
  quoted.text().reserve(4096);
  json::append_string(quoted.text(), inner.view());
  SecretText out;
  out.text().reserve(8192);
  out.text().append("{\n    \"data\": ");
  if (password == nullptr) {
    out.text().append(quoted.view());
  } else {
    std::array<std::uint8_t, nonce_bytes> nonce;
    random_bytes(nonce);
    out.text().append("\"").append(seal(quoted.view(), *password, nonce)).append("\"");
  }
  out.text().append(",\n    \"encrypted\": ").append(password == nullptr ? "false" : "true");
  out.text().append(",\n    \"timestamp\": ").append(std::to_string(now_s)).append("\n}");
  return out;
}

}  // namespace subnetd::commune
