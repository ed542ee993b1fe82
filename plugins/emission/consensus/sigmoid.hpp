// SPDX-License-Identifier: 0BSD
// The liquid alpha of Yuma 3 from the difference of each pair, for any vector type V:
// low + (high - low) / (1 + exp(z)), z = slope * (diff - 1/2). `exact` is the chain's truncated
// series, term by term. Both need arithmetic that rounds down.
#pragma once

#include <bit>

#include "tile.hpp"

namespace consensus {
namespace {

// Of 2 to 31, for Sigmoid::series.
struct Inverses {
  struct {
    double times, more;
  } of[30];
  constexpr Inverses() : of() {
    for (int64_t i = 2; i < 32; ++i) {
      const auto m = static_cast<double>(((int64_t{1} << 52) + i - 1) / i);
      of[i - 2] = {m / (two52 * two32), two52 - m};
    }
  }
};
constexpr Inverses inverses;

template <class V>
struct Sigmoid {
  using D = typename V::D;

  // Pairs are done `block` vectors at a time: one vector's terms wait for each other.
  static constexpr size_t block = V::block;

  static void exact(const TileRules& rules, D (&diff)[block]) {
    const D zero = V::set(0);
    D any = zero;
    for (const D& d : diff) any = V::max(any, d);
    if (V::bits(V::gt(any, zero)) == 0) {
      for (D& d : diff) d = V::set(rules.alpha_even);
      return;
    }
    const double slope = static_cast<double>(rules.slope) / two32;
    if (!V::has_fma || slope > 16 || slope < -16) return one_by_one(rules, diff);
    D x[block], sum[block];
    for (size_t k = 0; k < block; ++k) {
      // 3 * 2^51: sums of either sign keep their last bit a one.
      const D z = V::fused(V::sub(diff[k], V::set(two32 / 2)), V::set(slope), V::set(1.5 * two52));
      diff[k] = V::sub(z, V::set(1.5 * two52));
      x[k] = V::max(diff[k], V::sub(zero, diff[k]));
    }
    series(rules.terms, x, sum);
    for (size_t k = 0; k < block; ++k) diff[k] = alpha(rules, diff[k], sum[k]);
  }

  // exp by reducing the range and a polynomial: 1e-10 of its value.
  static void fast(const TileRules& rules, D (&diff)[block]) {
    for (D& d : diff) d = smooth(rules, d);
  }

 private:
  static D smooth(const TileRules& rules, D diff) {
    const double slope = static_cast<double>(rules.slope) / two32;
    const D half = V::sub(V::mul(diff, V::set(1 / two32)), V::set(0.5));
    D z = V::mul(V::set(slope), half);
    z = V::min(V::max(z, V::set(-20.0)), V::set(20.0));
    const D n = V::sub(V::add(V::mul(z, V::set(1.4426950408889634)), V::set(1.5 * two52)),
                       V::set(1.5 * two52));
    const D r = V::sub(z, V::mul(n, V::set(0.6931471805599453)));
    constexpr double terms[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                                1.0 / 5040,     1.0 / 720,     1.0 / 120,    1.0 / 24,
                                1.0 / 6,        1.0 / 2,       1.0,          1.0};
    D p = V::set(terms[0]);
    for (size_t i = 1; i < 12; ++i) p = V::add(V::mul(p, r), V::set(terms[i]));
    const D share = V::quotient(V::set(1.0), V::add(V::mul(p, V::two_to(n)), V::set(1.0)));
    const D span = V::set((rules.alpha_high - rules.alpha_low) * two32);
    const D above = V::sub(V::fused(share, span, V::set(two52)), V::set(two52));
    return between(rules, V::mul(above, V::set(1 / two32)));
  }

  static void one_by_one(const TileRules& rules, D (&diff)[block]) {
    for (D& d : diff) {
      alignas(64) double each[V::width];
      V::store(each, d);
      for (double& x : each) x = alpha_of(rules, x);
      d = V::load(each);
    }
  }
  // `sum` is exp(|z|), but where z is exactly 1: there the chain has a constant.
  static D alpha(const TileRules& rules, D z, D sum) {
    constexpr double e = 22802600.0 * 512;
    const D unit = V::set(two32);
    sum = V::select(V::both(V::ge(z, unit), V::ge(unit, z)), V::set(e), sum);
    const D power = V::select(V::gt(V::set(0), z), reciprocal(sum), sum);
    const D share = reciprocal(V::add(power, unit));
    const D span = V::set(rules.alpha_high - rules.alpha_low);
    const D above = V::sub(V::add_floor(V::set(two52), share, span), V::set(two52));
    return between(rules, V::mul(above, V::set(1 / two32)));
  }
  static D between(const TileRules& rules, D above) {
    const D low = V::set(rules.alpha_low), high = V::set(rules.alpha_high);
    return V::max(V::min(V::add(low, above), high), low);
  }
  // 1 + x + sum of t(i), t(i) = floor(floor(t(i - 1) * x) / i), for 0 <= x <= 8; all in
  // 2^-32, as many terms as are not 0 at the largest x there is.
  // Held as 2^52 + t, a term is two fused operations:
  //   (2^52 + t) * x + (2^84 - 2^52 * x), whose last bit is 2^32: 2^84 + 2^32 * floor(t * x);
  //   times m / 2^84 and 2^52 - m more, m = ceil(2^52 / i): 2^52 + floor(floor(t * x) / i).
  static void series(int terms, const D (&x)[block], D (&sum)[block]) {
    const D zero = V::set(two52);
    D term[block], less[block];
    for (size_t k = 0; k < block; ++k) {
      term[k] = V::add(x[k], zero);
      sum[k] = V::add(term[k], V::set(two32));
      less[k] = V::fused(x[k], V::set(-two52), V::set(two52 * two32));
    }
    for (int i = 0; i < terms; ++i) {
      const D times = V::set(inverses.of[i].times), more = V::set(inverses.of[i].more);
      for (size_t k = 0; k < block; ++k) {
        term[k] = V::fused(V::fused(term[k], x[k], less[k]), times, more);
        sum[k] = V::add_bits(sum[k], term[k]);
      }
    }
    const uint64_t added = static_cast<uint64_t>(terms) * std::bit_cast<uint64_t>(two52);
    for (D& s : sum) s = V::sub(V::less_bits(s, added), zero);
  }
  // floor(2^64 / x), x >= 2^31.
  static D reciprocal(D x) {
    return V::sub(V::add(V::quotient(V::set(two32 * two32), x), V::set(two52)), V::set(two52));
  }
};

}  // namespace
}  // namespace consensus
