// SPDX-License-Identifier: 0BSD
// SS58 addresses of accounts: base58(prefix, 32-byte key, first 2 bytes of blake2b-512("SS58PRE",
// prefix, key)). Only that shape is taken: 35 bytes for a prefix below 64, 36 up to 16383; account
// indexes and other checksum lengths, which other libraries accept, are not. Pure: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "commune/bytes.hpp"

namespace subnetd::commune {

inline constexpr std::uint16_t commune_prefix = 42;

// An empty string for a prefix above 16383 or a reserved one (46, 47).
std::string ss58_encode(const PublicKey& key, std::uint16_t prefix = commune_prefix);
// Errc::malformed, with what is wrong.
Result<PublicKey> ss58_decode(std::string_view address, std::uint16_t prefix = commune_prefix);

}  // namespace subnetd::commune
