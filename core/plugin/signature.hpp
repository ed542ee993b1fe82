// SPDX-License-Identifier: 0BSD
// Detached ed25519 signatures of plugin files: FILE.sig, 64 bytes, over the whole file. Pure but
// for reading FILE.sig.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::plugin {

using VerifyKey = std::array<std::uint8_t, 32>;

// The line between BEGIN and END of `openssl pkey -pubout`. Errc::malformed.
Result<VerifyKey> read_verify_key(std::string_view base64);
bool is_signed_by(const VerifyKey& key, std::span<const std::uint8_t> signature,
                  std::span<const std::uint8_t> bytes);
// FILE.sig is there and of one of the keys. Errc::plugin.
Result<void> check_signature(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes,
                             const std::vector<VerifyKey>& keys);

}  // namespace subnetd::plugin
