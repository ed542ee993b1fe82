// SPDX-License-Identifier: 0BSD
// A fraction as it is written in JSON, as ppm, half-even, decided on its decimal digits alone.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remote {

// text: a valid JSON number. Nothing below 0 or above 1.
inline std::optional<uint32_t> ppm_of_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t mark = std::min(text.find_first_of("eE"), text.size());
  int64_t exponent = 0;
  if (mark != text.size()) {
    std::string_view written = text.substr(mark + 1);
    const bool down = written.starts_with('-');
    if (down || written.starts_with('+')) written.remove_prefix(1);
    const auto [at, error] =
        std::from_chars(written.data(), written.data() + written.size(), exponent);
    if (error != std::errc{} || exponent > 1'000'000'000) exponent = 1'000'000'000;
    if (down) exponent = -exponent;
  }
  const std::string_view mantissa = text.substr(0, mark);
  std::string digits;
  for (const char c : mantissa)
    if (c != '.') digits += c;
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  if (zeros == digits.size()) return 0;
  if (negative) return std::nullopt;
  digits.erase(0, zeros);
  // The value in ppm is 0.DIGITS times ten to the power of `whole`.
  const int64_t whole = static_cast<int64_t>(point) - static_cast<int64_t>(zeros) + exponent + 6;
  if (whole > 7) return std::nullopt;
  if (whole < 0) return 0;
  uint64_t ppm = 0;
  for (int64_t i = 0; i < whole; ++i)
    ppm = ppm * 10 + (static_cast<size_t>(i) < digits.size() ? digits[i] - '0' : 0);
  const std::string_view rest =
      std::string_view(digits).substr(std::min<size_t>(static_cast<size_t>(whole), digits.size()));
  const bool exact = rest.find_first_not_of('0') == rest.npos;
  if (ppm > 1'000'000 || (ppm == 1'000'000 && !exact)) return std::nullopt;
  if (!exact) {
    const bool past_half =
        rest[0] > '5' || (rest[0] == '5' && rest.find_first_not_of('0', 1) != rest.npos);
    const bool half = rest[0] == '5' && !past_half;
    if (past_half || (half && (ppm & 1) != 0)) ++ppm;
  }
  return static_cast<uint32_t>(ppm);
}

}  // namespace remote
