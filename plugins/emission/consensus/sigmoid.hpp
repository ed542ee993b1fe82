// SPDX-License-Identifier: 0BSD
// The liquid alpha of Yuma 3 from the difference of each pair, for any vector type V:
// low + (high - low) / (1 + exp(z)), z = slope * (diff - 1/2). `exact` is the chain's truncated
// series, term by term: each term is the nearest double, then put right by the sign of its exact
// remainder.
#pragma once

#include "tile.hpp"

namespace consensus {
namespace {

constexpr double two32 = 4294967296.0;

template <class V>
struct Sigmoid {
  using D = typename V::D;

  // Pairs are done `block` vectors at a time: one vector's terms wait for each other.
  static constexpr size_t block = 8;

  static void exact(const TileRules& rules, D (&diff)[block]) {
    const D zero = V::set(0);
    D any = zero;
    for (const D& d : diff) any = V::max(any, d);
    if (V::bits(V::gt(any, zero)) == 0) {
      for (D& d : diff) d = V::set(rules.alpha_even);
      return;
    }
    const double slope = static_cast<double>(rules.slope);
    if (!V::has_fma || slope > 16 * two32 || slope < -16 * two32) return one_by_one(rules, diff);
    D x[block], sum[block];
    for (size_t k = 0; k < block; ++k) {
      diff[k] = floor_of_product(V::set(slope), V::sub(diff[k], V::set(two32 / 2)));
      x[k] = V::max(diff[k], V::sub(zero, diff[k]));
    }
    series(x, sum);
    for (size_t k = 0; k < block; ++k) diff[k] = alpha(rules, diff[k], sum[k]);
  }

  // exp by halving the range and a polynomial: 1e-13 of its value.
  static void fast(const TileRules& rules, D (&diff)[block]) {
    for (D& d : diff) d = smooth(rules, d);
  }

 private:
  static D smooth(const TileRules& rules, D diff) {
    const double slope = static_cast<double>(rules.slope) / two32;
    const D half = V::sub(V::mul(diff, V::set(1 / two32)), V::set(0.5));
    D z = V::mul(V::set(slope), half);
    z = V::min(V::max(z, V::set(-20.0)), V::set(20.0));
    const D n = V::nearest(V::mul(z, V::set(1.4426950408889634)));
    const D r = V::sub(z, V::mul(n, V::set(0.6931471805599453)));
    constexpr double terms[] = {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
                                1.0 / 5040,     1.0 / 720,     1.0 / 120,    1.0 / 24,
                                1.0 / 6,        1.0 / 2,       1.0,          1.0};
    D p = V::set(terms[0]);
    for (size_t i = 1; i < 12; ++i) p = V::add(V::mul(p, r), V::set(terms[i]));
    const D share = V::quotient(V::set(1.0), V::add(V::mul(p, V::two_to(n)), V::set(1.0)));
    return between(rules, V::mul(share, V::set(rules.alpha_high - rules.alpha_low)));
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
    sum = V::select(V::and_mask(V::ge(z, unit), V::ge(unit, z)), V::set(e), sum);
    const D power = V::select(V::gt(V::set(0), z), reciprocal(sum), sum);
    const D share = reciprocal(V::add(power, unit));
    return between(rules, V::lower(V::multiply(V::raise(share), span(rules))));
  }
  static D between(const TileRules& rules, D above) {
    const D low = V::set(rules.alpha_low), high = V::set(rules.alpha_high);
    return V::max(V::min(V::add(low, above), high), low);
  }
  static D span(const TileRules& rules) {
    return V::raise(V::set(rules.alpha_high - rules.alpha_low));
  }
  // floor(a * b / 2^32), of either sign.
  static D floor_of_product(D a, D b) {
    const D near = V::nearest(V::mul(V::mul(a, b), V::set(1 / two32)));
    const D rest = V::fused(a, b, V::mul(near, V::set(-two32)));
    return V::sub(near, V::and_mask(V::gt(V::set(0), rest), V::set(1)));
  }
  // 1 + x + sum of t(i), t(i) = floor(t(i - 1) * x / i), for 0 <= x <= 8.
  static void series(const D (&x)[block], D (&sum)[block]) {
    D term[block];
    for (size_t k = 0; k < block; ++k) {
      term[k] = x[k];
      sum[k] = V::add(x[k], V::set(two32));
    }
    for (int i = 2; i < 32; ++i) {
      const double divisor = i * two32;
      const D inverse = V::set(1 / divisor), down = V::set(-divisor), zero = V::set(0);
      D left = zero;
      for (size_t k = 0; k < block; ++k) {
        const D near = V::nearest(V::mul(term[k], V::mul(x[k], inverse)));
        const D rest = V::fused(term[k], x[k], V::mul(near, down));
        term[k] = V::sub(near, V::and_mask(V::gt(zero, rest), V::set(1)));
        sum[k] = V::add(sum[k], term[k]);
        left = V::max(left, term[k]);
      }
      if (i % 4 == 3 && V::bits(V::gt(left, zero)) == 0) break;
    }
  }
  // floor(2^64 / x), x >= 2^31.
  static D reciprocal(D x) {
    const D near = V::nearest(V::quotient(V::set(two32 * two32), x));
    const D rest = V::fused(V::sub(V::set(0), near), x, V::set(two32 * two32));
    return V::sub(near, V::and_mask(V::gt(V::set(0), rest), V::set(1)));
  }
};

}  // namespace
}  // namespace consensus
