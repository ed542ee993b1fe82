// SPDX-License-Identifier: 0BSD
// Any bytes as a configuration file: read or refused with words, and what is read can be shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.find("operator_token_file") != text.npos) return 0;  // would open files
  const auto resolved = config::resolve_text(text, "fuzz.toml");
  if (!resolved) {
    if (resolved.error().code != Errc::config || resolved.error().message.empty()) std::abort();
    return 0;
  }
  if (config::show(*resolved, true).empty()) std::abort();
  return 0;
}
