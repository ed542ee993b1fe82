// SPDX-License-Identifier: 0BSD
// A call of a module server as communex makes it: what is sent, and what is signed.
// Pure: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commune/key_pair.hpp"

namespace subnetd::commune {

struct SignedCall {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// `params` is the text of a JSON object; target_key is set in it, last unless it was there. The
// signature covers the canonical text with the timestamp as one more member, which the body lacks.
// Errc::malformed when it is no object.
Result<SignedCall> sign_call(const KeyPair& key, std::string_view target_key,
                             std::string_view params, std::int64_t now_us,
                             std::span<const std::uint8_t, 32> random);
Result<SignedCall> sign_call(const KeyPair& key, std::string_view target_key,
                             std::string_view params, std::int64_t now_us);

}  // namespace subnetd::commune
