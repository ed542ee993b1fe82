// SPDX-License-Identifier: 0BSD
#include <charconv>
#include <cmath>

#include "domain/text.hpp"
#include "json/json.hpp"

namespace subnetd::json {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, written.ptr);
}

void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const std::size_t before = out.size();
  append_number(out, number);
  // Keeps a float a float when it is read again.
  if (out.find_first_of(".e", before) == std::string::npos) out += ".0";
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
}

void append_array(std::string& out, const Array& array) {
  out += '[';
  bool first = true;
  for (const Value& item : array) {
    if (!first) out += ',';
    first = false;
    append(out, item);
  }
  out += ']';
}

void append_object(std::string& out, const Object& object) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    append_string(out, {member.key().data(), member.key().size()});
    out += ':';
    append(out, member.value());
  }
  out += '}';
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_valid_utf8(text)) {
    append_escaped(out, text);
  } else {
    // Character by character: the longest well-formed one, or one byte replaced.
    for (std::size_t i = 0; i < text.size();) {
      std::size_t length = 0;
      for (std::size_t n = 1; n <= 4 && i + n <= text.size() && length == 0; ++n) {
        if (is_valid_utf8(text.substr(i, n))) length = n;
      }
      if (length > 0)
        append_escaped(out, text.substr(i, length));
      else
        out += "\xEF\xBF\xBD";
      i += length > 0 ? length : 1;
    }
  }
  out += '"';
}

void append(std::string& out, const Value& value) {
  switch (value.kind()) {
    case boost::json::kind::null: out += "null"; break;
    case boost::json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case boost::json::kind::int64: append_number(out, value.get_int64()); break;
    case boost::json::kind::uint64: append_number(out, value.get_uint64()); break;
    case boost::json::kind::double_: append_double(out, value.get_double()); break;
    case boost::json::kind::string:
      append_string(out, {value.get_string().data(), value.get_string().size()});
      break;
    case boost::json::kind::array: append_array(out, value.get_array()); break;
    case boost::json::kind::object: append_object(out, value.get_object()); break;
  }
}

std::string serialize(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string serialize(const Object& object) {
  std::string out;
  append_object(out, object);
  return out;
}

}  // namespace subnetd::json
