// SPDX-License-Identifier: 0BSD
// One stored fact as JSON, field by field. Inside of the journal room.
#pragma once

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/validation.hpp"
#include "json/json.hpp"

namespace subnetd::journal {

using json::Fields;

inline constexpr std::uint32_t u32_max = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();

inline std::unexpected<Error> wrong(std::string_view field, const char* what) {
  return fail(Errc::corrupt, "field \"" + std::string(field) + "\": " + what);
}

// Bytes are written as lower case hex digits.
inline int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

inline bool unhex(std::string_view digits, std::string& out) {
  if (digits.size() % 2 != 0) return false;
  out.clear();
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = nibble(digits[i]), low = nibble(digits[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
  }
  return true;
}

// Text, or {"hex":"…"} for bytes that are no UTF-8.
inline Result<std::string> text_of(const json::Value& value, std::string_view field) {
  if (value.is_string()) {
    return std::string(value.get_string().data(), value.get_string().size());
  }
  const json::Object* object = value.if_object();
  const json::Value* digits = object != nullptr ? object->if_contains("hex") : nullptr;
  if (digits == nullptr || !digits->is_string() || object->size() != 1) {
    return wrong(field, "expected text");
  }
  std::string out;
  const std::string_view hex(digits->get_string().data(), digits->get_string().size());
  if (!unhex(hex, out)) return wrong(field, "expected hex digits");
  return out;
}

// One stored fact being read: every getter fails on the first wrong field and says so once.
class Reader {
 public:
  explicit Reader(const Fields& fields) : fields_(fields) {}

  std::uint64_t whole(std::string_view field, std::uint64_t max = u64_max) {
    return keep(fields_.whole(field, 0, max), std::uint64_t{0});
  }
  std::uint64_t whole_or_0(std::string_view field, std::uint64_t max = u64_max) {
    return fields_.has(field) ? whole(field, max) : 0;
  }
  std::uint32_t u32(std::string_view field) {
    return static_cast<std::uint32_t>(whole(field, u32_max));
  }
  std::uint32_t u32_or_0(std::string_view field) {
    return static_cast<std::uint32_t>(whole_or_0(field, u32_max));
  }
  std::int64_t i64(std::string_view field) {
    return keep(fields_.integer(field, std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max()),
                std::int64_t{0});
  }
  bool flag(std::string_view field) { return keep(fields_.flag(field), false); }
  std::string text(std::string_view field) {
    const json::Value* value = fields_.object().if_contains(field);
    if (value == nullptr) return fault(wrong(field, "is missing")), std::string();
    return keep(text_of(*value, field), std::string());
  }
  std::string text_or_empty(std::string_view field) {
    return fields_.has(field) ? text(field) : std::string();
  }
  template <class Enum, std::size_t N>
  Enum word(std::string_view field, const std::array<std::string_view, N>& words) {
    const std::string found = text(field);
    for (std::size_t i = 0; i < N; ++i) {
      if (words[i] == found) return static_cast<Enum>(i);
    }
    fault(wrong(field, "unknown word"));
    return Enum{};
  }
  Challenge seed(std::string_view field) {
    Challenge out{};
    std::string bytes;
    if (!unhex(text(field), bytes) || bytes.size() != out.size()) {
      fault(wrong(field, "expected 64 hex digits"));
    } else {
      std::memcpy(out.data(), bytes.data(), out.size());
    }
    return out;
  }
  std::vector<std::string> texts(std::string_view field) {
    std::vector<std::string> out;
    const json::Array* items = array(field);
    if (items == nullptr) return out;
    out.reserve(items->size());
    for (const json::Value& item : *items) {
      out.push_back(keep(text_of(item, field), std::string()));
    }
    return out;
  }
  std::vector<std::string> texts_or_none(std::string_view field) {
    return fields_.has(field) ? texts(field) : std::vector<std::string>();
  }
  template <class Number>
  std::vector<Number> numbers(std::string_view field) {
    std::vector<Number> out;
    const json::Array* items = array(field);
    if (items == nullptr) return out;
    out.reserve(items->size());
    for (const json::Value& item : *items) out.push_back(number<Number>(item, field));
    return out;
  }
  template <class Number>
  Number number(const json::Value& value, std::string_view field) {
    std::uint64_t found = u64_max;
    bool ok = true;
    if (value.is_uint64()) {
      found = value.get_uint64();
    } else if (value.is_int64() && value.get_int64() >= 0) {
      found = static_cast<std::uint64_t>(value.get_int64());
    } else {
      ok = false;
    }
    if (!ok || found > std::numeric_limits<Number>::max()) {
      fault(wrong(field, "number out of range"));
      return 0;
    }
    return static_cast<Number>(found);
  }
  const json::Array* array(std::string_view field) {
    return keep(fields_.array(field, std::numeric_limits<std::size_t>::max()),
                static_cast<const json::Array*>(nullptr));
  }
  std::optional<Fields> object(std::string_view field) {
    Result<Fields> found = fields_.fields(field);
    if (found) return *found;
    fault(std::unexpected<Error>(found.error()));
    return std::nullopt;
  }
  bool has(std::string_view field) const { return fields_.has(field); }
  void only(std::span<const std::string_view> known) {
    if (auto known_only = fields_.only(known); !known_only) {
      fault(std::unexpected<Error>(known_only.error()));
    }
  }
  void fault(std::unexpected<Error> error) {
    if (!error_) error_ = std::move(error.error());
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  template <class T>
  T keep(Result<T> found, T otherwise) {
    if (found) return std::move(*found);
    fault(std::unexpected<Error>(std::move(found.error())));
    return otherwise;
  }

  const Fields& fields_;
  std::optional<Error> error_;
};

}  // namespace subnetd::journal
