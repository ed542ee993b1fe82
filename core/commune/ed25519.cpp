// SPDX-License-Identifier: 0BSD
#include "commune/ed25519.hpp"

#include <sodium.h>

namespace subnetd::commune {

bool ed25519_verify(const PublicKey& key, Bytes message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.data()) == 0;
}

PublicKey ed25519_public(const MiniSecret& seed) {
  PublicKey key;
  Secret<64> secret;
  crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  return key;
}

MiniSecret ed25519_derive_hard(const MiniSecret& seed,
                               std::span<const std::uint8_t, 32> chain_code) {
  // SCALE of the text "Ed25519HDKD": its length times four in one byte, then the bytes.
  static constexpr std::string_view label = "\x2c" "Ed25519HDKD";
  MiniSecret child;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, 32);
  crypto_generichash_update(&state, bytes_of(label).data(), label.size());
  crypto_generichash_update(&state, seed.data(), 32);
  crypto_generichash_update(&state, chain_code.data(), chain_code.size());
  crypto_generichash_final(&state, child.data(), 32);
  wipe(&state, sizeof state);
  return child;
}

}  // namespace subnetd::commune
