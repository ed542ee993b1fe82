// SPDX-License-Identifier: 0BSD
// A time that is read lies within the years 0 to 10000.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "commune/timestamp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto time = subnetd::commune::parse_timestamp(text);
  constexpr std::int64_t first = -62'167'219'200'000'000, last = 253'402'300'800'000'000;
  if (time && (*time < first || *time > last + 86'400'000'000)) std::abort();
  return 0;
}
