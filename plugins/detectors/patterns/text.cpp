// SPDX-License-Identifier: 0BSD
#include "text.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

#include "unicode_tables.hpp"

namespace patterns {
namespace {

constexpr uint32_t dotted_capital_i = 0x130, capital_sigma = 0x3a3;

template <class Row>
const Row* find_row(std::span<const Row> rows, uint32_t code) {
  const auto after = std::upper_bound(rows.begin(), rows.end(), code,
                                      [](uint32_t c, const Row& row) { return c < row.first; });
  if (after == rows.begin()) return nullptr;
  const Row& row = *std::prev(after);
  return code <= row.last ? &row : nullptr;
}

uint32_t lower_of(uint32_t code) {
  if (code < 0x80) return static_cast<uint8_t>(fold(static_cast<char>(code)));
  const Folding* row = find_row(std::span<const Folding>(lower_case), code);
  if (row == nullptr || (code - row->first) % row->stride != 0) return code;
  return row->to + (code - row->first);
}

bool is_cased(uint32_t code) {
  if (code < 0x80) return (code | 32) >= 'a' && (code | 32) <= 'z';
  return find_row(std::span<const Span>(cased), code) != nullptr;
}

bool is_passed_over(uint32_t code) {
  return find_row(std::span<const Span>(passed_over), code) != nullptr;
}

void put(std::string& out, uint32_t code) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 63));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 63));
    byte(0x80 | (code >> 6 & 63));
  }
  byte(0x80 | (code & 63));
}

// A sigma at the end of a word has a form of its own.
bool ends_a_word(std::string_view text, size_t at, size_t after) {
  uint32_t before = 0;  // the last character in front that counts
  for (size_t i = 0; i < at;) {
    const Character c = character_at(text, i);
    if (!c.valid || !is_passed_over(c.code)) before = c.valid ? c.code : 0;
    i += c.bytes;
  }
  if (!is_cased(before)) return false;
  for (size_t i = after; i < text.size();) {
    const Character c = character_at(text, i);
    if (!c.valid || !is_passed_over(c.code)) return !c.valid || !is_cased(c.code);
    i += c.bytes;
  }
  return true;
}

std::string lowered(std::string_view text, bool ascii_too) {
  std::string out;
  out.reserve(text.size() + 4);
  bool sigma_seen = false;
  for (size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    if (!c.valid || (c.code < 0x80 && !ascii_too)) {
      out += text[i];
    } else if (c.code == dotted_capital_i) {
      out += "i\u0307";
    } else if (c.code == capital_sigma) {
      sigma_seen = true;
      out += "\u03a3";
    } else {
      put(out, lower_of(c.code));
    }
    i += c.bytes;
  }
  if (!sigma_seen) return out;
  for (size_t i = 0; i < out.size();) {
    const Character c = character_at(out, i);
    if (c.valid && c.code == capital_sigma) {
      out.replace(i, 2, ends_a_word(out, i, i + 2) ? "\u03c2" : "\u03c3");
    }
    i += c.bytes;
  }
  return out;
}

}  // namespace

Character character_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const uint32_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const Character opaque{lead, 1, false};
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < n) return opaque;
  const uint32_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint32_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return opaque;
  uint32_t code = lead & (0xffu >> (n + 1));
  for (uint32_t k = 1; k < n; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return opaque;
    code = code << 6 | (byte(k) & 63);
  }
  return {code, n, true};
}

bool is_ascii(std::string_view text) {
  uint64_t all = 0, eight = 0;
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::memcpy(&eight, at, 8);
    all |= eight;
  }
  for (; left != 0; --left) all |= static_cast<uint8_t>(*at++);
  return (all & 0x8080808080808080u) == 0;
}

std::string fold(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = fold(c);
  return out;
}

std::string lower(std::string_view text) {
  return lowered(text, true);
}

std::string lower_beyond_ascii(std::string_view text) {
  return lowered(text, false);
}

std::string as_seen(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    const Folding* row = find_row(std::span<const Folding>(look_alikes), c.valid ? c.code : 0);
    const bool invisible = c.valid && (c.code == 0xad || (c.code >= 0x200b && c.code <= 0x200d) ||
                                       c.code == 0x2060 || c.code == 0xfeff);
    if (row != nullptr) {
      out += static_cast<char>(row->to + (c.code - row->first));
    } else if (!invisible) {
      out += text.substr(i, c.bytes);
    }
    i += c.bytes;
  }
  return out;
}

Words::Words(std::string_view text, bool humps, bool first) {
  enum Sort : uint8_t { gap, digit, small, capital, letter };
  static constexpr auto sorts = [] {
    std::array<uint8_t, 256> sort{};
    for (int c = 0; c < 256; ++c) {
      sort[c] = c >= 'a' && c <= 'z'   ? small
                : c >= 'A' && c <= 'Z' ? capital
                : c >= '0' && c <= '9' ? digit
                : c >= 0x80            ? letter
                                       : gap;
    }
    return sort;
  }();
  char* at = text_.data();
  if (first) *at++ = '^';
  *at++ = '|';
  uint8_t before = gap;
  for (const char c : text.substr(0, name_bytes_max)) {
    const uint8_t sort = sorts[static_cast<uint8_t>(c)];
    const bool hump = sort == capital && before == small;
    has_humps_ |= hump;
    if (before != gap && at[-1] != '|' &&
        (sort == gap || (sort == digit) != (before == digit) || (humps && hump))) {
      *at++ = '|';
    }
    if (sort != gap) *at++ = fold(c);
    before = sort;
  }
  if (at[-1] != '|') *at++ = '|';
  size_ = static_cast<size_t>(at - text_.data());
}

}  // namespace patterns
