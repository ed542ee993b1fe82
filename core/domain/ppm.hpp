// SPDX-License-Identifier: 0BSD
// Ppm: parts per million, the only number type for scores, confidence and reliability.
// 0..1'000'000.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

namespace subnetd {

using Ppm = std::uint32_t;
inline constexpr Ppm ppm_one = 1'000'000;

// A fraction 0..1 as ppm, ties to even. Empty when the value is not finite or out of range.
inline std::optional<Ppm> ppm_from_fraction(double fraction) {
  if (!std::isfinite(fraction) || fraction < 0.0 || fraction > 1.0) return std::nullopt;
  return static_cast<Ppm>(std::nearbyint(fraction * 1e6));
}

// Half-even mean of a sum of ppm values over a count; 0 when count is 0.
constexpr Ppm ppm_mean(std::uint64_t sum_ppm, std::uint64_t count) {
  if (count == 0) return 0;
  std::uint64_t quotient = sum_ppm / count;
  const std::uint64_t twice = 2 * (sum_ppm % count);
  if (twice > count || (twice == count && (quotient & 1) != 0)) ++quotient;
  return static_cast<Ppm>(quotient);
}

}  // namespace subnetd
