// SPDX-License-Identifier: 0BSD
// The chains' signed fixed point, I32F32: `bits` mean bits / 2^32. Products round down, quotients
// toward zero, both saturate; sums of this room stay far below 2^63. exp and ln are the chains'
// series, digit for digit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace consensus {

using bits = int64_t;
using wide = __int128;

inline constexpr bits one = bits{1} << 32;
inline constexpr bits u16_one = bits{65535} << 32;
inline constexpr bits bits_max = INT64_MAX;
inline constexpr bits bits_min = INT64_MIN;

constexpr bits saturate(wide x) {
  return x > bits_max ? bits_max : x < bits_min ? bits_min : static_cast<bits>(x);
}
constexpr bits add(bits a, bits b) {
  return saturate(wide{a} + b);
}
constexpr bits sub(bits a, bits b) {
  return saturate(wide{a} - b);
}
constexpr bits mul(bits a, bits b) {
  return saturate((wide{a} * b) >> 32);
}
// b is not 0.
constexpr bits div(bits a, bits b) {
  return saturate(wide{a} * one / b);
}
constexpr bits div_or_zero(bits a, bits b) {
  if (b == 0) return 0;
  const wide q = wide{a} * one / b;
  return q > bits_max || q < bits_min ? 0 : static_cast<bits>(q);
}
// x / total for 0 <= x <= total; an empty total leaves x.
constexpr bits part(bits x, bits total) {
  if (total == 0 || x == 0) return x;  // many are 0, and a division is dear
  if (x < one) {
    return static_cast<bits>((static_cast<uint64_t>(x) << 32) / static_cast<uint64_t>(total));
  }
  return div(x, total);
}
constexpr bits of_u16(uint16_t value) {
  return bits{value} << 32;
}
constexpr uint16_t to_u16(bits x) {
  const bits v = mul(x, u16_one) >> 32;
  return static_cast<uint16_t>(std::clamp<bits>(v, 0, 65535));
}
// floor(share * amount) of a share that is not negative.
constexpr uint64_t floor_of(bits share, uint64_t amount) {
  const auto product = static_cast<unsigned __int128>(share) * amount;
  return static_cast<uint64_t>(product >> 32);
}

constexpr bits sum(const std::vector<bits>& values) {
  bits total = 0;
  for (const bits v : values) total += v;
  return total;
}
inline void normalize(std::vector<bits>& values) {
  const bits total = sum(values);
  for (bits& v : values) v = part(v, total);
}

constexpr bits half_up(bits x) {
  return (x >> 1) + (x & 1);
}

// log2 of x >= 1: the whole part by halving, then a bit at a time by squaring.
constexpr bits log2_from_one(bits x) {
  bits whole = 0;
  for (; x >= 2 * one; x = half_up(x)) ++whole;
  if (x == one) return whole << 32;
  bits result = whole;
  for (int i = 0; i < 32; ++i) {
    x = static_cast<bits>((wide{x} * x) >> 32);
    result <<= 1;
    if (x >= 2 * one) {
      result |= 1;
      x = half_up(x);
    }
  }
  return result;
}

// Nothing: x <= 0, or 1 / x does not fit.
constexpr std::optional<bits> ln(bits x) {
  constexpr bits log2_e = bits{12102203} << 9;
  if (x <= 0) return std::nullopt;
  if (x >= one) return div(log2_from_one(x), log2_e);
  const wide inverse = wide{one} * one / x;
  if (inverse > bits_max) return std::nullopt;
  return div(-log2_from_one(static_cast<bits>(inverse)), log2_e);
}

// 31 terms of the series; nothing on overflow.
constexpr std::optional<bits> exp(bits x) {
  constexpr bits e = bits{22802600} << 9;
  if (x == 0) return one;
  if (x == one) return e;
  if (x == bits_min) return std::nullopt;
  const bits y = x < 0 ? -x : x;
  wide result = wide{y} + one;
  wide term = y;
  for (int i = 2; i < 32 && term != 0; ++i) {
    term = (term * y) >> 32;
    if (term > bits_max) return std::nullopt;
    term /= i;
    result += term;
  }
  if (result > bits_max) return std::nullopt;
  return x < 0 ? div(one, static_cast<bits>(result)) : static_cast<bits>(result);
}

constexpr bits exp_safe(bits x) {
  constexpr bits limit = 20 * one;
  x = std::clamp(x, -limit, limit);
  return exp(x).value_or(x <= 0 ? 0 : bits_max);
}

}  // namespace consensus
