// SPDX-License-Identifier: 0BSD
// A small strict JSON reader for plugins that read settings or replies: RFC 8259 and nothing else,
// valid UTF-8, no duplicate keys, at most 32 levels. Numbers keep their text, so that a plugin can
// decide exactly. Hostile input ends in `why`, never in an exception other than bad_alloc.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace subnet::json {

enum class kind { null, boolean, number, string, array, object };

struct member;

struct value {
  json::kind kind = json::kind::null;
  bool truth = false;
  std::string text;             // of a string, or a number as written
  std::vector<value> items;     // of an array
  std::vector<member> members;  // of an object, in order

  bool is(json::kind wanted) const { return kind == wanted; }
  const value* find(std::string_view key) const;
  // A number's value; nothing for other kinds and beyond the range of double.
  std::optional<double> number() const {
    if (kind != json::kind::number) return std::nullopt;
    double out = 0;
    const auto end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || at != end) return std::nullopt;
    return out;
  }
  // A number written without fraction and exponent that fits.
  std::optional<int64_t> integer() const {
    if (kind != json::kind::number) return std::nullopt;
    int64_t out = 0;
    const auto end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || at != end) return std::nullopt;
    return out;
  }
};

struct member {
  std::string first;
  value second;
};

inline const value* value::find(std::string_view key) const {
  for (const member& one : members)
    if (one.first == key) return &one.second;
  return nullptr;
}

// Appends text as a JSON string. Invalid UTF-8 is passed through: check foreign text before.
inline void append_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

inline void append(std::string& out, const value& from) {
  switch (from.kind) {
    case kind::null: out += "null"; break;
    case kind::boolean: out += from.truth ? "true" : "false"; break;
    case kind::number: out += from.text; break;
    case kind::string: append_string(out, from.text); break;
    case kind::array: {
      out += '[';
      for (const value& item : from.items) {
        if (&item != &from.items.front()) out += ',';
        append(out, item);
      }
      out += ']';
      break;
    }
    case kind::object: {
      out += '{';
      for (const auto& member : from.members) {
        if (&member != &from.members.front()) out += ',';
        append_string(out, member.first);
        out += ':';
        append(out, member.second);
      }
      out += '}';
      break;
    }
  }
}

namespace detail {

class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  bool whole(value& out) {
    blank();
    if (!any(out, 0)) return false;
    blank();
    return at_ == text_.size() || fail("text after the value");
  }
  std::string why() const { return std::string(why_) + " at byte " + std::to_string(at_); }

 private:
  static constexpr int depth_max = 32;

  bool fail(const char* why) {
    why_ = why;
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void blank() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return fail("no JSON value");
    at_ += wanted.size();
    return true;
  }

  bool any(value& out, int depth) {
    if (depth == depth_max) return fail("too deep");
    switch (peek()) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': out.kind = kind::string; return string(out.text);
      case 't': out.kind = kind::boolean; out.truth = true; return word("true");
      case 'f': out.kind = kind::boolean; return word("false");
      case 'n': return word("null");
      default: return number(out);
    }
  }

  bool object(value& out, int depth) {
    out.kind = kind::object;
    ++at_;
    blank();
    if (take('}')) return true;
    do {
      blank();
      std::string key;
      if (peek() != '"') return fail("a key must be a string");
      if (!string(key)) return false;
      if (out.find(key) != nullptr) return fail("a key twice");
      blank();
      if (!take(':')) return fail("no colon after a key");
      blank();
      out.members.push_back({std::move(key), {}});
      if (!any(out.members.back().second, depth + 1)) return false;
      blank();
    } while (take(','));
    return take('}') || fail("an object without end");
  }

  bool array(value& out, int depth) {
    out.kind = kind::array;
    ++at_;
    blank();
    if (take(']')) return true;
    do {
      blank();
      out.items.emplace_back();
      if (!any(out.items.back(), depth + 1)) return false;
      blank();
    } while (take(','));
    return take(']') || fail("an array without end");
  }

  static bool digit(char c) { return c >= '0' && c <= '9'; }
  bool digits() {
    if (!digit(peek())) return fail("not a number");
    while (digit(peek())) ++at_;
    return true;
  }
  bool number(value& out) {
    const size_t from = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    out.kind = kind::number;
    out.text = text_.substr(from, at_ - from);
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte < 0x20) return fail("a control character in a string");
      if (byte == '\\') {
        if (!escape(out)) return false;
      } else if (byte < 0x80) {
        out += text_[at_++];
      } else if (!multibyte(out, byte)) {
        return false;
      }
    }
    return fail("a string without end");
  }

  bool multibyte(std::string& out, unsigned char lead) {
    const size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text_.size() - at_ < n) return fail("invalid UTF-8");
    for (size_t i = 1; i < n; ++i)
      if ((static_cast<unsigned char>(text_[at_ + i]) & 0xc0) != 0x80) return fail("invalid UTF-8");
    const auto second = static_cast<unsigned char>(text_[at_ + 1]);
    const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
    const bool beyond = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
    if (overlong || beyond) return fail("invalid UTF-8");
    out.append(text_, at_, n);
    at_ += n;
    return true;
  }

  bool hex4(uint32_t& out) {
    if (text_.size() - at_ < 4) return fail("a short escape");
    const char* from = text_.data() + at_;
    const auto [end, error] = std::from_chars(from, from + 4, out, 16);
    if (error != std::errc{} || end != from + 4) return fail("a bad escape");
    at_ += 4;
    return true;
  }
  bool escape(std::string& out) {
    ++at_;
    const char c = peek();
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view means = "\"\\/\b\f\n\r\t";
    if (const size_t i = names.find(c); at_ < text_.size() && i != names.npos) {
      out += means[i];
      ++at_;
      return true;
    }
    if (!take('u')) return fail("a bad escape");
    uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return fail("half a surrogate pair");
    if (code >= 0xd800 && code <= 0xdbff) {
      uint32_t low = 0;
      if (!take('\\') || !take('u') || !hex4(low) || low < 0xdc00 || low > 0xdfff)
        return fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    encode(out, code);
    return true;
  }
  static void encode(std::string& out, uint32_t code) {
    auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      tail(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | (code >> 12));
      tail(6);
      tail(0);
    } else {
      out += static_cast<char>(0xf0 | (code >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  const char* why_ = "";
};

}  // namespace detail

// False, and why, for anything but one valid JSON value.
inline bool parse(std::string_view text, value& out, std::string& why) {
  detail::reader reader(text);
  out = {};
  if (reader.whole(out)) return true;
  why = reader.why();
  return false;
}

}  // namespace subnet::json
