// SPDX-License-Identifier: 0BSD
// What happens to a name before rules look at it. Bytes that are no UTF-8 pass through untouched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace patterns {

inline constexpr size_t name_bytes_max = 512;

// One character; `bytes` 1 and the byte itself as `code` where it is no UTF-8.
struct Character {
  uint32_t code = 0;
  uint32_t bytes = 1;
  bool valid = true;
};
Character character_at(std::string_view text, size_t at);

bool is_ascii(std::string_view text);
constexpr char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string fold(std::string_view text);  // ASCII only

// Exactly Python's str.lower().
std::string lower(std::string_view text);
// As lower(), but ASCII letters keep their case, so that the humps of a name stay visible.
std::string lower_beyond_ascii(std::string_view text);
// The text as it looks: letters that pass for ASCII ones become those, invisible ones go.
std::string as_seen(std::string_view text);

// A name cut into words, each between bars: "Llama-3" is "|llama|3|". A word ends at whatever is
// neither letter nor digit, between letters and digits, and, with `humps`, where a small letter is
// followed by a capital one. Letters beyond ASCII belong to words.
class Words {
 public:
  // `first`: the name's very first word is marked with a "^" before its bar.
  Words(std::string_view text, bool humps, bool first);
  std::string_view text() const { return {text_.data(), size_}; }
  bool has_humps() const { return has_humps_; }

 private:
  std::array<char, 2 * name_bytes_max + 4> text_;
  size_t size_ = 0;
  bool has_humps_ = false;
};

}  // namespace patterns
