// SPDX-License-Identifier: 0BSD
// A key that can sign. Its secret is wiped when it goes; nothing here prints or logs one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "commune/bytes.hpp"

namespace subnetd::commune {

class KeyPair {
 public:
  static KeyPair generate(Scheme scheme = Scheme::sr25519);
  static KeyPair from_mini_secret(const MiniSecret& mini, Scheme scheme = Scheme::sr25519);
  static Result<KeyPair> from_mnemonic(std::string_view words, std::string_view password = {},
                                       Scheme scheme = Scheme::sr25519);
  // `SECRET//hard/soft…///password`, as subkey and polkadot-js write it. SECRET is a mnemonic, or
  // 0x and 64 hex digits; empty is the well-known development mnemonic, as in `//Alice`. What a
  // soft junction derives has no mini-secret, and ed25519 has none of them.
  static Result<KeyPair> from_uri(std::string_view uri, Scheme scheme = Scheme::sr25519);
  // The 64 bytes of a key file: schnorrkel's scalar and nonce. Signs, but has no mini-secret.
  static Result<KeyPair> from_private_key(std::span<const std::uint8_t, 64> bytes);

  KeyPair(KeyPair&&) noexcept = default;
  KeyPair& operator=(KeyPair&&) noexcept = default;
  KeyPair clone() const;

  Scheme scheme() const { return scheme_; }
  const PublicKey& public_key() const { return public_key_; }
  std::string address() const;

  Signature sign(Bytes message) const;
  // With the 32 bytes that sr25519 draws otherwise; ed25519 has no use for them.
  Signature sign(Bytes message, std::span<const std::uint8_t, 32> random) const;

  // For key files alone.
  const Secret<64>& private_key() const { return secret_; }
  const std::optional<MiniSecret>& mini_secret() const { return mini_; }

 private:
  KeyPair() = default;
  static Result<KeyPair> derive(const KeyPair& parent, std::string_view junctions);
  Result<KeyPair> child(std::string_view junction, bool hard) const;

  Scheme scheme_ = Scheme::sr25519;
  PublicKey public_key_{};
  Secret<64> secret_;  // sr25519: scalar and nonce; ed25519: seed and public key
  std::optional<MiniSecret> mini_;
};

// The verification of either scheme.
bool verify(Scheme scheme, const PublicKey& key, Bytes message, const Signature& signature);

}  // namespace subnetd::commune
