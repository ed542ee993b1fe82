// SPDX-License-Identifier: 0BSD
#include "config/toml_scan.hpp"

#include <algorithm>

namespace subnetd::config {
namespace {

constexpr auto none = std::string_view::npos;

// The place after the string that opens at `at`; npos when it has no end: the parser stops there.
std::size_t after_string(std::string_view toml, std::size_t at) {
  const char quote = toml[at];
  const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
  const bool is_long = toml.substr(at).starts_with(triple);
  std::size_t i = at + (is_long ? 3 : 1);
  for (; i < toml.size(); ++i) {
    if (toml[i] == '\\' && quote == '"') {
      ++i;
    } else if (is_long && toml.substr(i).starts_with(triple)) {
      i += 3;
      for (int extra = 0; extra < 2 && i < toml.size() && toml[i] == quote; ++extra) ++i;
      return i;
    } else if (!is_long && toml[i] == quote) {
      return i + 1;
    } else if (!is_long && toml[i] == '\n') {
      return none;
    }
  }
  return none;
}

BareObjection objection_at(std::string_view toml, std::size_t at, std::string_view words) {
  const std::string_view before = toml.substr(0, at);
  const auto line_start = before.rfind('\n');
  return {static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n')),
          static_cast<std::uint32_t>(line_start == none ? at + 1 : at - line_start), words};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// `2024-` or, as in `07:30`, the colon that TOML has nowhere else.
bool is_date_or_time(std::string_view rest) {
  return rest.starts_with(':') ||
         (rest.size() > 4 && std::ranges::all_of(rest.substr(0, 4), is_digit) && rest[4] == '-');
}

// `[` or `[[` at the start of a line outside arrays, with something that begins no name behind it.
bool is_nameless_table(std::string_view rest) {
  rest.remove_prefix(rest.starts_with("[[") ? 2 : 1);
  const auto at = rest.find_first_not_of(" \t");
  const char c = at == none ? '\n' : rest[at];
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !is_letter && !is_digit(c) && std::string_view("_-\"'").find(c) == none;
}

}  // namespace

std::optional<BareObjection> bare_objection(std::string_view toml) {
  const auto is_control = [](unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  };
  if (const auto control = std::ranges::find_if(toml, is_control); control != toml.end()) {
    return objection_at(toml, static_cast<std::size_t>(control - toml.begin()), "a control byte");
  }
  std::size_t i = toml.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  int depth = 0;  // of arrays and inline tables
  bool at_line_start = true;
  while (i < toml.size()) {
    const char c = toml[i];
    if (c == '[' && depth == 0 && at_line_start && is_nameless_table(toml.substr(i))) {
      return objection_at(toml, i, "a table without a name");
    }
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    at_line_start = c == '\n' || (at_line_start && (c == ' ' || c == '\t'));
    if (static_cast<unsigned char>(c) >= 0x80) {
      return objection_at(toml, i, "a character beyond ASCII stands outside quotes");
    }
    if (is_date_or_time(toml.substr(i))) {
      return objection_at(toml, i, "a date or time stands outside quotes; no key takes one");
    }
    if (c == '"' || c == '\'') {
      i = after_string(toml, i);
    } else if (c == '#') {
      i = toml.find('\n', i);
    } else {
      ++i;
    }
  }
  return std::nullopt;
}

}  // namespace subnetd::config
