// SPDX-License-Identifier: 0BSD
#include "commune/point_sum.hpp"

#include <bit>

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

void PointSum::reserve(std::size_t terms) {
  terms_.reserve(terms);
  for (auto& at_place : digits_) at_place.reserve(terms / (window - 1));
}

// Non-adjacent form: after a digit that is not 0 the next window - 1 are.
void PointSum::add(const decaf_255_scalar_t factor, const decaf_255_point_t point) {
  const auto term = static_cast<std::uint32_t>(terms_.size());
  Words words;
  decaf_255_scalar_encode(reinterpret_cast<std::uint8_t*>(words.word.data()), factor);
  constexpr int whole = 1 << window;
  constexpr unsigned look = 60;
  for (std::size_t at = 0, carry = 0; at < places;) {
    // Where a digit is odd: at the next 1, with something carried at the next 0.
    const std::uint64_t ahead = words.bits(at, look);
    at += static_cast<unsigned>(std::countr_zero((carry == 0 ? ahead : ~ahead) |
                                                 std::uint64_t{1} << look));
    if (at >= places || (words.bits(at, 1) ^ carry) == 0) continue;
    const int digit = static_cast<int>(words.bits(at, window) + carry);
    carry = digit > whole / 2 ? 1 : 0;
    digits_[at].push_back({term, digit - (carry != 0 ? whole : 0)});
    at += window;
  }
  Odd& odd = terms_.emplace_back();
  decaf_255_point_t twice;
  decaf_255_point_double(twice, point);
  decaf_255_point_copy(odd[0], point);
  for (std::size_t i = 1; i < odd.size(); ++i) decaf_255_point_add(odd[i], odd[i - 1], twice);
}

bool PointSum::is_identity() const {
  decaf_255_point_t sum;
  decaf_255_point_copy(sum, decaf_255_point_identity);
  for (std::size_t at = places; at-- > 0;) {
    decaf_255_point_double(sum, sum);
    for (const Digit& digit : digits_[at]) {
      const Odd& odd = terms_[digit.term];
      if (digit.value > 0) {
        decaf_255_point_add(sum, sum, odd[static_cast<std::size_t>(digit.value / 2)]);
      } else {
        decaf_255_point_sub(sum, sum, odd[static_cast<std::size_t>(-digit.value / 2)]);
      }
    }
  }
  return decaf_255_point_eq(sum, decaf_255_point_identity) == DECAF_TRUE;
}

}  // namespace subnetd::commune
