// SPDX-License-Identifier: 0BSD
// What ss58_decode() takes is the one text that ss58_encode() writes for that key.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "commune/ss58.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::commune;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const std::uint16_t prefix : {0, 42, 255}) {
    const auto key = ss58_decode(text, prefix);
    if (key && ss58_encode(*key, prefix) != text) std::abort();
  }
  return 0;
}
