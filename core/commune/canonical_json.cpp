// SPDX-License-Identifier: 0BSD
#include "commune/canonical_json.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "domain/limits.hpp"
#include "domain/text.hpp"

namespace subnetd::commune {
namespace {

using Member = CanonicalObject::Member;

constexpr std::size_t integer_digits_max = 4'300;  // as Python has it

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_unit(std::string& out, unsigned unit) {  // a UTF-16 code unit as \uXXXX
  constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15];
}

// Stands in a text as it is.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// Appends what is plain from `at` on and moves behind it.
void append_plain(std::string& out, std::string_view text, std::size_t& at) {
  const std::size_t first = at;
  while (at < text.size() && is_plain(text[at])) ++at;
  out.append(text, first, at - first);
}

// One character; above U+FFFF as a pair of surrogates.
void append_character(std::string& out, unsigned c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (c >= 0x20 && c < 0x7f) {
    out += static_cast<char>(c);
  } else if (c < 0x10000) {
    append_unit(out, c);
  } else {
    append_unit(out, 0xd800 + ((c - 0x10000) >> 10));
    append_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
  }
}

// The character at `at`, which moves behind it. The text is valid UTF-8.
unsigned next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  unsigned c = length == 1 ? lead : lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) c = c << 6 | (byte(at + i) & 0x3f);
  at += length;
  return c;
}

// Whether a number that fits no double is too large, not too small: where its first digit stands.
bool is_huge(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::size_t mark = number.find_first_of("eE");
  const std::string_view digits = number.substr(0, mark);
  std::int64_t exponent = 0;
  if (mark != number.npos) {
    std::string_view text = number.substr(mark + 1);
    const bool below = text.starts_with('-');
    if (text.starts_with('+') || below) text.remove_prefix(1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (read.ec != std::errc{}) return !below;
    if (below) exponent = -exponent;
  }
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = digits.find_first_not_of("0.");
  return exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) > 0;
}

// Python's repr of a float: shortest digits that read back, an exponent below 1e-4 and from 1e16.
void append_float(std::string& out, std::string_view number) {
  double value = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool negative = number.starts_with('-');
  if (read.ec == std::errc::result_out_of_range) {
    if (is_huge(number)) {
      out += negative ? "-Infinity" : "Infinity";
      return;
    }
    value = 0;
  }
  if (value == 0) {
    out += negative ? "-0.0" : "0.0";
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string_view written(text, static_cast<std::size_t>(end.ptr - text));
  if (negative) written.remove_prefix(1);
  const std::size_t mark = written.find('e');
  int exponent = 0;
  std::from_chars(written.data() + mark + (written[mark + 1] == '+' ? 2 : 1),
                  written.data() + written.size(), exponent);
  std::string digits(1, written[0]);
  if (mark > 2) digits += written.substr(2, mark - 2);
  if (negative) out += '-';
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) out.append(".").append(digits, 1);
    out.append(written.substr(mark));  // both write a sign and at least two digits
  } else if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out.append(digits, 0, whole).append(".");
    out += digits.size() > whole ? digits.substr(whole) : "0";
  }
}

// Keeps a doubled key at its first place with its last value.
class Members {
 public:
  void put(Member member) {
    if (std::size_t* held = find(member.key)) {
      members_[*held] = std::move(member);
      return;
    }
    if (members_.size() == few) {
      for (std::size_t i = 0; i < few; ++i) places_.emplace(members_[i].key, i);
    }
    if (members_.size() >= few) places_.emplace(member.key, members_.size());
    members_.push_back(std::move(member));
  }
  std::vector<Member> take() { return std::move(members_); }

 private:
  static constexpr std::size_t few = 16;  // beyond, a look through them all would cost too much

  std::size_t* find(const std::string& key) {
    if (members_.size() > few) {
      const auto it = places_.find(key);
      return it == places_.end() ? nullptr : &it->second;
    }
    for (found_ = 0; found_ < members_.size(); ++found_) {
      if (members_[found_].key == key) return &found_;
    }
    return nullptr;
  }

  std::vector<Member> members_;
  std::unordered_map<std::string, std::size_t> places_;
  std::size_t found_ = 0;
};

std::string_view name_of(const Member& member) {
  return std::string_view(member.key).substr(1, member.key.size() - 2);
}

std::string text_of(const std::vector<Member>& members) {
  std::size_t size = 2;
  for (const Member& member : members) size += member.key.size() + member.value.size() + 4;
  std::string out;
  out.reserve(size);
  out += '{';
  for (const Member& member : members) {
    if (out.size() > 1) out += ", ";
    out.append(member.key).append(": ").append(member.value);
  }
  out += '}';
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<std::string> whole() {
    std::string out;
    space();
    if (!value(out, 0) || !at_end()) return error();
    return out;
  }
  Result<std::vector<Member>> whole_object() {
    std::vector<Member> members;
    space();
    if (!next_is('{')) return error("expected an object");
    if (!object(members, 1) || !at_end()) return error();
    return members;
  }

 private:
  bool fail_here(const char* why) {
    if (why_ == nullptr) why_ = why;
    return false;
  }
  std::unexpected<Error> error(const char* otherwise = "bad JSON") const {
    return fail(Errc::malformed, std::string("JSON, byte ") + std::to_string(at_) + ": " +
                                     (why_ != nullptr ? why_ : otherwise));
  }
  bool at_end() {
    space();
    return at_ == text_.size() || fail_here("text after the value");
  }
  void space() {
    static constexpr ByteSet blank(" \t\n\r");
    while (at_ < text_.size() && blank.contains(text_[at_])) ++at_;
  }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool word(std::string& out, std::string_view name) {
    if (!text_.substr(at_).starts_with(name)) return fail_here("expected a value");
    at_ += name.size();
    out += name;
    return true;
  }

  // `members`: those of an object go there too.
  bool value(std::string& out, std::size_t depth, std::vector<Member>* members = nullptr) {
    if (depth > limits::json_depth_max) return fail_here("nested too deep");
    if (at_ == text_.size()) return fail_here("expected a value");
    switch (text_[at_]) {
      case '"': return string(out);
      case '[': return array(out, depth + 1);
      case '{': {
        std::vector<Member> own;
        if (!object(own, depth + 1)) return false;
        out += text_of(own);
        if (members != nullptr) *members = std::move(own);
        return true;
      }
      case 't': return word(out, "true");
      case 'f': return word(out, "false");
      case 'n': return word(out, "null");
      case 'N': return word(out, "NaN");
      case 'I': return word(out, "Infinity");
      case '-':
        if (text_.substr(at_).starts_with("-I")) return word(out, "-Infinity");
        [[fallthrough]];
      default: return number(out);
    }
  }

  bool array(std::string& out, std::size_t depth) {
    ++at_;
    out += '[';
    space();
    for (bool first = true; !take(']'); first = false) {
      if (!first) {
        if (!take(',')) return fail_here("expected , or ]");
        out += ", ";
        space();
      }
      if (!value(out, depth)) return false;
      space();
    }
    out += ']';
    return true;
  }

  bool object(std::vector<Member>& out, std::size_t depth) {
    ++at_;
    space();
    Members members;
    for (bool first = true; !take('}'); first = false) {
      if (!first) {
        if (!take(',')) return fail_here("expected , or }");
        space();
      }
      Member member;
      if (!next_is('"')) return fail_here("expected a key");
      if (!string(member.key)) return false;
      space();
      if (!take(':')) return fail_here("expected :");
      space();
      if (!value(member.value, depth, depth == 1 ? &member.members : nullptr)) return false;
      space();
      members.put(std::move(member));
    }
    out = members.take();
    return true;
  }

  bool digits() {
    const std::size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > first;
  }

  bool number(std::string& out) {
    const std::size_t first = at_;
    take('-');
    const std::size_t whole = at_;
    if (!digits()) return fail_here("expected a value");
    if (text_[whole] == '0' && at_ - whole > 1) return fail_here("a number with a leading 0");
    const std::size_t whole_end = at_;
    if (take('.') && !digits()) return fail_here("expected a digit after the point");
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return fail_here("expected a digit in the exponent");
    }
    const std::string_view text = text_.substr(first, at_ - first);
    if (at_ > whole_end) {
      append_float(out, text);
    } else if (whole_end - whole > integer_digits_max) {
      return fail_here("an integer of too many digits");
    } else {
      out += text == "-0" ? std::string_view("0") : text;
    }
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    out += '"';
    for (append_plain(out, text_, at_); at_ < text_.size(); append_plain(out, text_, at_)) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        out += '"';
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail_here("a control character in a string");
      if (c == '\\') {
        if (!escape(out)) return false;
      } else {
        append_character(out, next_character(text_, at_));
      }
    }
    return fail_here("a string without an end");
  }

  bool escape(std::string& out) {
    if (++at_ == text_.size()) return fail_here("a string without an end");
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (const std::size_t i = names.find(c); i != names.npos) {
      append_character(out, static_cast<unsigned char>(meant[i]));
      return true;
    }
    unsigned unit = 0;
    const char* const first = text_.data() + at_;
    if (c != 'u' || text_.size() - at_ < 4 ||
        std::from_chars(first, first + 4, unit, 16).ptr != first + 4 || *first == '-') {
      return fail_here("an unknown escape");
    }
    at_ += 4;
    append_character(out, unit);  // surrogates are written one by one, as they were
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* why_ = nullptr;
};

}  // namespace

Result<std::string> canonical_json(std::string_view text) {
  if (!is_valid_utf8(text)) return fail(Errc::malformed, "JSON that is not UTF-8");
  return Reader(text).whole();
}

Result<CanonicalObject> CanonicalObject::read(std::string_view text) {
  if (!is_valid_utf8(text)) return fail(Errc::malformed, "JSON that is not UTF-8");
  CanonicalObject out;
  SUBNETD_TRY(out.members_, Reader(text).whole_object());
  return out;
}

const std::string* CanonicalObject::find(std::string_view key) const {
  const auto found = std::ranges::find(members_, key, name_of);
  return found == members_.end() ? nullptr : &found->value;
}

std::optional<CanonicalObject> CanonicalObject::take_object(std::string_view key) {
  const auto found = std::ranges::find(members_, key, name_of);
  if (found == members_.end() || !found->value.starts_with('{')) return std::nullopt;
  CanonicalObject out;
  out.members_ = std::move(found->members);
  return out;
}

void CanonicalObject::set(std::string_view key, std::string value) {
  const std::string quoted = canonical_string(key);
  for (Member& member : members_) {
    if (member.key != quoted) continue;
    member.value = std::move(value);
    member.members.clear();
    return;
  }
  members_.push_back({quoted, std::move(value), {}});
}

std::string CanonicalObject::text() const {
  return text_of(members_);
}

std::string canonical_string(std::string_view text, bool latin1) {
  std::string out = "\"";
  std::size_t i = 0;
  for (append_plain(out, text, i); i < text.size(); append_plain(out, text, i)) {
    append_character(out, latin1 ? static_cast<unsigned char>(text[i++]) : next_character(text, i));
  }
  out += '"';
  return out;
}

}  // namespace subnetd::commune
