// SPDX-License-Identifier: 0BSD
// Does an answer equal the known one? Strings, truth values and shapes exactly, numbers within
// tolerance * max(1, |expected|), vectors by cosine where a case asks for it.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include <subnet/json.hpp>

namespace golden {

using subnet::json::kind;
using subnet::json::value;

inline bool near(const value& expect, const value& got, double tolerance) {
  if (expect.text == got.text) return true;
  const auto wanted = expect.number();
  const auto came = got.number();
  return wanted && came &&
         std::abs(*wanted - *came) <= tolerance * std::max(1.0, std::abs(*wanted));
}

inline bool equal(const value& expect, const value& got, double tolerance) {
  if (expect.kind != got.kind) return false;
  switch (expect.kind) {
    case kind::null: return true;
    case kind::boolean: return expect.truth == got.truth;
    case kind::number: return near(expect, got, tolerance);
    case kind::string: return expect.text == got.text;
    case kind::array:
      if (expect.items.size() != got.items.size()) return false;
      for (size_t i = 0; i < expect.items.size(); ++i)
        if (!equal(expect.items[i], got.items[i], tolerance)) return false;
      return true;
    case kind::object:
      if (expect.members.size() != got.members.size()) return false;
      for (const auto& [key, member] : expect.members) {
        const value* other = got.find(key);
        if (other == nullptr || !equal(member, *other, tolerance)) return false;
      }
      return true;
  }
  return false;
}

// Nothing unless both are arrays of as many numbers with a length above zero.
inline std::optional<double> cosine(const value& a, const value& b) {
  if (!a.is(kind::array) || !b.is(kind::array) || a.items.size() != b.items.size())
    return std::nullopt;
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.items.size(); ++i) {
    const auto x = a.items[i].number();
    const auto y = b.items[i].number();
    if (!x || !y) return std::nullopt;
    dot += *x * *y;
    aa += *x * *x;
    bb += *y * *y;
  }
  if (!(aa > 0) || !(bb > 0) || !std::isfinite(dot / (std::sqrt(aa) * std::sqrt(bb))))
    return std::nullopt;
  return dot / (std::sqrt(aa) * std::sqrt(bb));
}

}  // namespace golden
