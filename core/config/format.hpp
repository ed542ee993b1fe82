// SPDX-License-Identifier: 0BSD
// Words with holes: `{}` takes the next argument, `{0}` a numbered one, `{{` and `}}` are braces.
// libstdc++ 12 has no <format>, and this room takes no library but its parser.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace subnetd::config {

inline std::string as_text(std::string_view text) {
  return std::string(text);
}
inline std::string as_text(std::integral auto number) {
  return std::to_string(number);
}

template <class... Args>
std::string format(std::string_view pattern, const Args&... args) {
  const std::initializer_list<std::string> texts{as_text(args)...};
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char after = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '{' && after == '}') {
      out += texts.begin()[next++];
      ++i;
    } else if (c == '{' && after >= '0' && after <= '9') {
      out += texts.begin()[after - '0'];
      i += 2;
    } else {
      out += c;
      if ((c == '{' || c == '}') && after == c) ++i;
    }
  }
  return out;
}

}  // namespace subnetd::config
