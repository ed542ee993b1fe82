// SPDX-License-Identifier: 0BSD
#include "config/settings_json.hpp"

#include <charconv>
#include <cmath>

#include "config/format.hpp"
#include "domain/limits.hpp"

namespace subnetd::config {
namespace {

constexpr std::size_t settings_bytes_max = 64 * 1024 * 1024;

std::string unicode_escape(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += unicode_escape(byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

Result<void> write(std::string& out, const toml::node& node, std::size_t depth) {
  if (depth > limits::json_depth_max) {
    return fail(Errc::config, format("is deeper than {} levels", limits::json_depth_max));
  }
  if (const auto* table = node.as_table()) {
    out += '{';
    bool first = true;
    for (const auto& [key, child] : *table) {  // toml::table iterates in key order
      if (!std::exchange(first, false)) out += ',';
      write_string(out, key.str());
      out += ':';
      SUBNETD_CHECK(write(out, child, depth + 1));
    }
    out += '}';
  } else if (const auto* array = node.as_array()) {
    out += '[';
    bool first = true;
    for (const toml::node& child : *array) {
      if (!std::exchange(first, false)) out += ',';
      SUBNETD_CHECK(write(out, child, depth + 1));
    }
    out += ']';
  } else if (const auto* text = node.as_string()) {
    write_string(out, text->get());
  } else if (const auto* integer = node.as_integer()) {
    out += std::to_string(integer->get());
  } else if (const auto* flag = node.as_boolean()) {
    out += flag->get() ? "true" : "false";
  } else if (const auto* real = node.as_floating_point(); real && std::isfinite(real->get())) {
    char buffer[64];
    out.append(buffer, std::to_chars(buffer, std::end(buffer), real->get()).ptr);
  } else {
    return fail(Errc::config, "holds an infinity or a not-a-number, which JSON cannot");
  }
  return {};
}

}  // namespace

Result<std::string> settings_json(const toml::table& table) {
  std::string out;
  SUBNETD_CHECK(write(out, table, 1));
  if (out.size() > settings_bytes_max) {
    return fail(Errc::config, format("is over {} bytes", settings_bytes_max));
  }
  return out;
}

}  // namespace subnetd::config
