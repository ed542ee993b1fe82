// SPDX-License-Identifier: 0BSD
// Against libdecaf's own multiples of a point.
#include "commune/point_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace subnetd::commune {
namespace {

struct Scalar {
  decaf_255_scalar_t value;

  explicit Scalar(std::uint64_t small = 0) { decaf_255_scalar_set_unsigned(value, small); }
  static Scalar random(std::mt19937_64& draw) {
    std::array<std::uint8_t, 64> bytes;
    std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(draw()); });
    Scalar out;
    decaf_255_scalar_decode_long(out.value, bytes.data(), bytes.size());
    return out;
  }
  Scalar minus() const {
    Scalar out;
    decaf_255_scalar_sub(out.value, decaf_255_scalar_zero, value);
    return out;
  }
};

struct Point {
  decaf_255_point_t value;

  Point() { decaf_255_point_copy(value, decaf_255_point_identity); }
  static Point times(const Scalar& factor, const decaf_255_point_t of) {
    Point out;
    decaf_255_point_scalarmul(out.value, of, factor.value);
    return out;
  }
};

// Every factor that a window, a word or the group's end could be wrong for.
std::vector<Scalar> edges() {
  std::vector<Scalar> out;
  for (std::uint64_t small : {0, 1, 2, 15, 16, 17, 30, 31, 32, 33, 1'023}) out.emplace_back(small);
  Scalar power(1);
  for (int bit = 0; bit < 252; ++bit) {
    Scalar before;
    decaf_255_scalar_sub(before.value, power.value, decaf_255_scalar_one);
    out.push_back(power);
    out.push_back(before);
    decaf_255_scalar_add(power.value, power.value, power.value);
  }
  const std::size_t positive = out.size();
  for (std::size_t i = 0; i < positive; ++i) out.push_back(out[i].minus());
  return out;
}

TEST(PointSum, OfOneIsTheMultipleThatTheLibrarySays) {
  std::mt19937_64 draw(7);
  std::vector<Scalar> factors = edges();
  for (int i = 0; i < 200; ++i) factors.push_back(Scalar::random(draw));
  const Point base = Point::times(Scalar::random(draw), decaf_255_point_base);
  for (const Scalar& factor : factors) {
    const Point expected = Point::times(factor, base.value);
    PointSum sum;
    sum.add(factor.value, base.value);
    sum.add(Scalar(1).minus().value, expected.value);
    EXPECT_TRUE(sum.is_identity());
    sum.add(Scalar(1).value, decaf_255_point_base);
    EXPECT_FALSE(sum.is_identity());
  }
}

TEST(PointSum, OfManyIsTheSumOfEach) {
  std::mt19937_64 draw(11);
  for (std::size_t terms = 1; terms <= 65; terms += 8) {
    PointSum sum;
    Point all;
    for (std::size_t i = 0; i < terms; ++i) {
      const Scalar factor = Scalar::random(draw);
      const Point point = Point::times(Scalar::random(draw), decaf_255_point_base);
      sum.add(factor.value, point.value);
      decaf_255_point_add(all.value, all.value, Point::times(factor, point.value).value);
    }
    EXPECT_FALSE(sum.is_identity());
    sum.add(Scalar(1).minus().value, all.value);
    EXPECT_TRUE(sum.is_identity()) << terms;
  }
}

TEST(PointSum, OfNothingIsTheIdentity) {
  EXPECT_TRUE(PointSum().is_identity());
  PointSum sum;
  sum.add(decaf_255_scalar_zero, decaf_255_point_base);
  EXPECT_TRUE(sum.is_identity());
}

}  // namespace
}  // namespace subnetd::commune
