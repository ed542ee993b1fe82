// SPDX-License-Identifier: 0BSD
#include "commune/point_sum.hpp"

#include <bit>
#include <cstring>

namespace subnetd::commune {
namespace {

static_assert(std::endian::native == std::endian::little, "a scalar's bytes are read as words");

struct Words {
  std::array<std::uint64_t, 5> word{};  // the last stays 0

  // `count` bits from bit `at` on, count < 64.
  std::uint64_t bits(std::size_t at, unsigned count) const {
    const std::size_t w = at / 64, shift = at % 64;
    std::uint64_t out = word[w] >> shift;
    if (shift + count > 64) out |= word[w + 1] << (64 - shift);
    return out & ((std::uint64_t{1} << count) - 1);
  }
};

}  // namespace

// Non-adjacent form: after a digit that is not 0 the next window - 1 are.
void PointSum::add(const decaf_255_scalar_t factor, const decaf_255_point_t point) {
  Term& term = terms_.emplace_back();
  Words words;
  decaf_255_scalar_encode(reinterpret_cast<std::uint8_t*>(words.word.data()), factor);
  constexpr int whole = 1 << window;
  int carry = 0;
  for (std::size_t at = 0; at < digits;) {
    const int digit = static_cast<int>(words.bits(at, window)) + carry;
    if (digit % 2 == 0) {
      ++at;
      continue;
    }
    carry = digit > whole / 2 ? 1 : 0;
    term.factor[at] = static_cast<std::int8_t>(digit - carry * whole);
    at += window;
  }
  decaf_255_point_t twice;
  decaf_255_point_double(twice, point);
  decaf_255_point_copy(term.odd[0], point);
  for (std::size_t i = 1; i < term.odd.size(); ++i) {
    decaf_255_point_add(term.odd[i], term.odd[i - 1], twice);
  }
}

bool PointSum::is_identity() const {
  decaf_255_point_t sum;
  decaf_255_point_copy(sum, decaf_255_point_identity);
  for (std::size_t at = digits; at-- > 0;) {
    decaf_255_point_double(sum, sum);
    for (const Term& term : terms_) {
      const int digit = term.factor[at];
      if (digit > 0) decaf_255_point_add(sum, sum, term.odd[static_cast<std::size_t>(digit / 2)]);
      if (digit < 0) decaf_255_point_sub(sum, sum, term.odd[static_cast<std::size_t>(-digit / 2)]);
    }
  }
  return decaf_255_point_eq(sum, decaf_255_point_identity) == DECAF_TRUE;
}

}  // namespace subnetd::commune
