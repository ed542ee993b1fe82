// SPDX-License-Identifier: 0BSD
// What parse() lets through is written again as text that parses to the same value.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::size_t bytes_max = 64 * 1024;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto value = subnetd::json::parse(text, bytes_max);
  if (!value) return 0;
  const std::string again = subnetd::json::serialize(*value);
  const auto second = subnetd::json::parse(again, 16 * bytes_max);
  if (!second || subnetd::json::serialize(*second) != again) std::abort();
  return 0;
}
