// SPDX-License-Identifier: 0BSD
// What hex_decode() takes is written again as the same digits in lower case.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "commune/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::commune;
  std::string text(reinterpret_cast<const char*>(bytes), size);
  const auto decoded = hex_decode(text);
  if (decoded.has_value() != (size % 2 == 0 && text.find_first_not_of("0123456789abcdefABCDEF") ==
                                                   std::string::npos)) {
    std::abort();
  }
  if (!decoded) return 0;
  for (char& c : text) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  if (hex_encode(*decoded) != text) std::abort();
  return 0;
}
