// SPDX-License-Identifier: 0BSD
// Ed25519 as RFC 8032 and Substrate have it, by libsodium. Pure: any thread.
#pragma once

#include "commune/bytes.hpp"

namespace subnetd::commune {

// False for a key of small order and for a signature that is not canonical, too.
bool ed25519_verify(const PublicKey& key, Bytes message, const Signature& signature);
PublicKey ed25519_public(const MiniSecret& seed);
MiniSecret ed25519_derive_hard(const MiniSecret& seed,
                               std::span<const std::uint8_t, 32> chain_code);

}  // namespace subnetd::commune
