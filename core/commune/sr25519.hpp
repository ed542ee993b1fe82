// SPDX-License-Identifier: 0BSD
// sr25519: Schnorr signatures over ristretto255 with merlin transcripts, signing context
// "substrate", as schnorrkel has them. What is secret goes through libsodium, whose time tells
// nothing; what is public through libdecaf, which is faster and strict. The transcript is ours.
// Signing takes its 32 random bytes, so that a test can repeat a signature. Pure: any thread.
#pragma once

#include <cstdint>
#include <span>

#include "commune/bytes.hpp"

namespace subnetd::commune {

// The secret key as schnorrkel and Commune's key files write it: a canonical scalar, little endian,
// and the 32 bytes that nonces come from.
using Sr25519Secret = Secret<64>;

// False for the all-zero key too, under which anybody can sign anything, and for any point, scalar
// or signature that is not in its one canonical form.
bool sr25519_verify(const PublicKey& key, Bytes message, const Signature& signature);

// That somebody signed a message.
struct Sr25519Claim {
  const PublicKey* key;
  Bytes message;
  const Signature* signature;
};
// Whether all of them hold, at half the cost of one after the other where they are many; a false
// one is let through with a chance of 2^-128. Takes randomness of its own.
bool sr25519_verify_all(std::span<const Sr25519Claim> claims);

Signature sr25519_sign(const Sr25519Secret& secret, const PublicKey& key, Bytes message,
                       std::span<const std::uint8_t, 32> random);

Sr25519Secret sr25519_expand(const MiniSecret& mini);
// Errc::malformed when the scalar is zero or not canonical.
Result<PublicKey> sr25519_public(const Sr25519Secret& secret);
// The mini-secret of the child `//junction`, given its 32-byte chain code.
MiniSecret sr25519_derive_hard(const Sr25519Secret& secret,
                               std::span<const std::uint8_t, 32> chain_code);
// The child `/junction`. Its scalar and public key are always the same; the 32 bytes that its
// nonces come from are `random`.
Sr25519Secret sr25519_derive_soft(const Sr25519Secret& secret, const PublicKey& key,
                                  std::span<const std::uint8_t, 32> chain_code,
                                  std::span<const std::uint8_t, 32> random);
// A key that somebody could hold: a canonical encoding of a point, and not the identity.
bool sr25519_valid_key(const PublicKey& key);

}  // namespace subnetd::commune
