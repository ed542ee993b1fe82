// SPDX-License-Identifier: 0BSD
// Canonical text is its own canonical text, in ASCII, and an object put together again is the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "commune/canonical_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::commune;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto once = canonical_json(text);
  if (const auto object = CanonicalObject::read(text)) {
    if (!once || object->text() != *once) std::abort();
  }
  if (!once) return 0;
  for (const char c : *once) {
    if (c < 0x20 || c > 0x7e) std::abort();
  }
  const auto twice = canonical_json(*once);
  if (!twice || *twice != *once) std::abort();
  return 0;
}
