// SPDX-License-Identifier: 0BSD
#include "commune/key_pair.hpp"

#include <sodium.h>

#include <charconv>

#include "commune/ed25519.hpp"
#include "commune/mnemonic.hpp"
#include "commune/sr25519.hpp"
#include "commune/ss58.hpp"

namespace subnetd::commune {

namespace {

constexpr std::string_view development_mnemonic =
    "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
constexpr std::size_t junction_bytes_max = 16'383;  // two bytes of SCALE length

using ChainCode = std::array<std::uint8_t, 32>;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A number is its value, little endian; a text is SCALE (compact length, bytes), hashed when it
// does not fit; both are padded with zeros.
Result<ChainCode> chain_code_of(std::string_view junction) {
  ChainCode code{};
  if (std::uint64_t number = 0; all_digits(junction)) {
    const auto end = junction.data() + junction.size();
    if (std::from_chars(junction.data(), end, number).ec == std::errc{}) {
      std::memcpy(code.data(), &number, sizeof number);
      return code;
    }
  }
  if (junction.size() > junction_bytes_max) {
    return fail(Errc::malformed, "a derivation junction is too long");
  }
  std::vector<std::uint8_t> scale;
  const auto length = static_cast<unsigned>(junction.size());
  if (length < 64) {
    scale = {static_cast<std::uint8_t>(length << 2)};
  } else {
    scale = {static_cast<std::uint8_t>(length << 2 | 1), static_cast<std::uint8_t>(length >> 6)};
  }
  scale.insert(scale.end(), junction.begin(), junction.end());
  if (scale.size() > code.size()) {
    crypto_generichash(code.data(), code.size(), scale.data(), scale.size(), nullptr, 0);
  } else {
    std::copy(scale.begin(), scale.end(), code.begin());
  }
  return code;
}

}  // namespace

KeyPair KeyPair::from_mini_secret(const MiniSecret& mini, Scheme scheme) {
  KeyPair pair;
  pair.scheme_ = scheme;
  pair.mini_ = mini.clone();
  if (scheme == Scheme::sr25519) {
    pair.secret_ = sr25519_expand(mini);
    pair.public_key_ = *sr25519_public(pair.secret_);  // an expanded scalar is below the order
  } else {
    pair.public_key_ = ed25519_public(mini);
    std::copy_n(mini.data(), 32, pair.secret_.data());
    std::copy_n(pair.public_key_.data(), 32, pair.secret_.data() + 32);
  }
  return pair;
}

KeyPair KeyPair::generate(Scheme scheme) {
  MiniSecret mini;
  random_bytes(mini.span());
  return from_mini_secret(mini, scheme);
}

Result<KeyPair> KeyPair::from_mnemonic(std::string_view words, std::string_view password,
                                       Scheme scheme) {
  SUBNETD_TRY(const MiniSecret mini, mnemonic_mini_secret(words, password));
  return from_mini_secret(mini, scheme);
}

Result<KeyPair> KeyPair::from_private_key(std::span<const std::uint8_t, 64> bytes) {
  KeyPair pair;
  pair.secret_ = Secret<64>(bytes);
  SUBNETD_TRY(pair.public_key_, sr25519_public(pair.secret_));
  return pair;
}

Result<KeyPair> KeyPair::from_uri(std::string_view uri, Scheme scheme) {
  std::string_view password;
  if (const std::size_t at = uri.find("///"); at != std::string_view::npos) {
    password = uri.substr(at + 3);
    uri = uri.substr(0, at);
  }
  const std::size_t slash = std::min(uri.find('/'), uri.size());
  const std::string_view secret = uri.substr(0, slash);
  const std::string_view junctions = uri.substr(slash);
  if (secret.starts_with("0x")) {
    MiniSecret mini;
    SUBNETD_CHECK(hex_decode_into(secret.substr(2), mini.span()));
    return derive(from_mini_secret(mini, scheme), junctions);
  }
  SUBNETD_TRY(const KeyPair root,
              from_mnemonic(secret.empty() ? development_mnemonic : secret, password, scheme));
  return derive(root, junctions);
}

Result<KeyPair> KeyPair::child(std::string_view junction, bool hard) const {
  if (junction.empty()) return fail(Errc::malformed, "an empty derivation junction");
  SUBNETD_TRY(const ChainCode code, chain_code_of(junction));
  if (hard && scheme_ == Scheme::sr25519) {
    return from_mini_secret(sr25519_derive_hard(secret_, code), scheme_);
  }
  if (hard) return from_mini_secret(ed25519_derive_hard(*mini_, code), scheme_);
  if (scheme_ != Scheme::sr25519) {
    return fail(Errc::malformed, "ed25519 has no soft derivation", "use //hard junctions");
  }
  std::array<std::uint8_t, 32> random;
  random_bytes(random);
  return from_private_key(sr25519_derive_soft(secret_, public_key_, code, random).span());
}

Result<KeyPair> KeyPair::derive(const KeyPair& parent, std::string_view junctions) {
  KeyPair pair = parent.clone();
  while (!junctions.empty()) {
    const bool hard = junctions.starts_with("//");
    junctions.remove_prefix(hard ? 2 : 1);
    const std::string_view junction = junctions.substr(0, junctions.find('/'));
    junctions.remove_prefix(junction.size());
    SUBNETD_TRY(pair, pair.child(junction, hard));
  }
  return pair;
}

KeyPair KeyPair::clone() const {
  KeyPair pair;
  pair.scheme_ = scheme_;
  pair.public_key_ = public_key_;
  pair.secret_ = secret_.clone();
  if (mini_) pair.mini_ = mini_->clone();
  return pair;
}

std::string KeyPair::address() const { return ss58_encode(public_key_); }

Signature KeyPair::sign(Bytes message) const {
  std::array<std::uint8_t, 32> random;
  random_bytes(random);
  return sign(message, random);
}

Signature KeyPair::sign(Bytes message, std::span<const std::uint8_t, 32> random) const {
  if (scheme_ == Scheme::sr25519) return sr25519_sign(secret_, public_key_, message, random);
  Signature signature;  // a secret_ of ed25519 is libsodium's own form
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_.data());
  return signature;
}

bool verify(Scheme scheme, const PublicKey& key, Bytes message, const Signature& signature) {
  return scheme == Scheme::sr25519 ? sr25519_verify(key, message, signature)
                                   : ed25519_verify(key, message, signature);
}

}  // namespace subnetd::commune
