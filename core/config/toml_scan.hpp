// SPDX-License-Identifier: 0BSD
// What is refused before toml++ 3.3 sees it, because some of it runs into undefined behaviour or an
// assertion there (found by fuzzing): control bytes; outside strings and comments, characters
// beyond ASCII, which TOML does not allow, and dates and times, for which no key has a use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace subnetd::config {

struct BareObjection {
  std::uint32_t line = 1, column = 1;  // in bytes
  std::string_view words;
};

// The first of these in the text; a byte order mark at its start is none.
std::optional<BareObjection> bare_objection(std::string_view toml);

}  // namespace subnetd::config
