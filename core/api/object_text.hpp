// SPDX-License-Identifier: 0BSD
// JSON objects appended to a string, field by field, in order. Field names are literals that need
// no escaping. Closes itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace subnetd::api {

void append_number(std::string& out, std::uint64_t value);
// RFC 3339 in UTC with milliseconds, quoted: "2026-01-02T03:04:05.678Z".
void append_time(std::string& out, std::int64_t utc_ms);

class ObjectText {
 public:
  explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
  ~ObjectText() { out_ += '}'; }
  ObjectText(const ObjectText&) = delete;
  ObjectText& operator=(const ObjectText&) = delete;

  ObjectText& text(std::string_view field, std::string_view value);
  ObjectText& text_or_null(std::string_view field, std::string_view value);  // null when empty
  ObjectText& number(std::string_view field, std::uint64_t value);
  ObjectText& flag(std::string_view field, bool value);
  ObjectText& null(std::string_view field);
  ObjectText& time(std::string_view field, std::int64_t utc_ms);
  ObjectText& time_or_null(std::string_view field, std::int64_t utc_ms);  // null when 0
  // Where the value is appended next.
  std::string& open(std::string_view field);

 private:
  std::string& out_;
  bool first_ = true;
};

// A JSON array of what `write(out, item)` appends.
template <class Items, class Write>
void append_array(std::string& out, const Items& items, Write&& write) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    write(out, item);
  }
  out += ']';
}

}  // namespace subnetd::api
