// SPDX-License-Identifier: 0BSD
// The two passes over a tile, for any vector type V and arithmetic A over it. Included by one
// source per instruction path, all of it in that source's unnamed namespace.
//
// V: `width` doubles a vector D. A: M holds what A's divide gives and its multiply takes.
#pragma once

#include "sigmoid.hpp"
#include "tile.hpp"

namespace consensus {
namespace {

// Whole numbers below 2^52, held as 2^52 + x: the mantissa is the integer.
template <class V>
struct Exact {
  using D = typename V::D;
  using M = D;
  using K = D;
  static constexpr bool exact = true;
  static M divide(D x, D inverse, D divisor) { return V::divide(x, inverse, divisor); }
  static M multiply(M a, K k) { return V::multiply(a, k); }
  static K factor(double x) { return V::set(V::magic + x); }
  static M hold(D x) { return V::add(x, V::set(V::magic)); }
  static D value(M m) { return V::sub(m, V::set(V::magic)); }
  static M whole(M m) { return m; }
};

// Plain doubles; a factor carries its 2^-32.
template <class V>
struct Fast {
  using D = typename V::D;
  using M = D;
  using K = D;
  static constexpr bool exact = false;
  static M divide(D x, D inverse, D) { return V::mul(x, inverse); }
  static M multiply(M a, K k) { return V::mul(a, k); }
  static K factor(double x) { return V::set(x * (1 / two32)); }
  static M hold(D x) { return x; }
  static D value(M m) { return m; }
  static M whole(M m) { return V::add(m, V::set(V::magic)); }
};

template <class V, class A>
class Passes {
  using D = typename V::D;
  using M = typename A::M;
  using K = typename A::K;
  static constexpr size_t width = V::width;

 public:
  static void weigh(const TileRules& rules, TileJob& job) {
    for (size_t at = 0; at < lanes; at += V::width32) {
      for (size_t k = at; k < at + V::width32; k += width) score(rules, job, k);
      if (!rules.linear) median(rules, job, at);
      for (size_t k = at; k < at + V::width32; k += width) clip(rules, job, k);
    }
  }

  static void bond(const TileRules& rules, TileJob& job) {
    for (size_t at = 0; at < lanes; at += width) {
      const Sums sums = !rules.per_validator ? average_shares(rules, job, at)
                        : rules.liquid       ? average_liquid(rules, job, at)
                                             : average_weights(rules, job, at);
      job.odd |= sums.odd << at;
      settle(rules, job, at, sums);
    }
  }

 private:
  struct Sums {
    D total;       // of the column's new bonds
    unsigned odd;  // lanes with a share of exactly 1
  };
  // Division by what each column has of its own; by zero: zero, as x is then.
  struct Divisor {
    D inverse, scaled;
    explicit Divisor(D total)
        : inverse(V::inverse(total)), scaled(V::mul(total, V::set(1 / two32))) {}
    M operator()(D x) const { return A::divide(x, inverse, scaled); }
  };

  static M weight(const TileRules& rules, const TileJob& job, size_t row, size_t at) {
    return A::divide(V::load16(job.weight + row * lanes + at), V::set(rules.scale[row]),
                     V::set(rules.total[row]));
  }

  // Shares of the rows as whole numbers, for the median; the highest that a voice gave.
  static void score(const TileRules& rules, TileJob& job, size_t at) {
    D top = V::set(V::magic), prerank = V::set(0), mean = V::set(0);
    for (size_t row = 0; row < rules.rows; ++row) {
      const M w = weight(rules, job, row, at);
      const D whole = A::whole(w);
      V::store32(job.scores + row * V::width32 + at % V::width32, whole);
      if (rules.voice32[row] != 0) top = V::max(top, whole);
      prerank = V::add(prerank, A::value(A::multiply(w, A::factor(rules.active[row]))));
      if (rules.linear) {
        mean = V::add(mean, A::value(A::multiply(w, A::factor(rules.voice[row]))));
      }
    }
    V::store(job.prerank + at, prerank);
    V::store(job.consensus + at, rules.linear ? mean : V::sub(top, V::set(V::magic)));
  }

  // The highest score p, a bit at a time, for which the voices below p are a minority.
  static void median(const TileRules& rules, TileJob& job, size_t at) {
    using N = typename V::N;
    uint32_t top32[V::width32];
    uint32_t highest = 0;
    for (size_t k = 0; k < V::width32; ++k) {
      top32[k] = static_cast<uint32_t>(job.consensus[at + k]);
      highest = highest > top32[k] ? highest : top32[k];
    }
    const uint32_t cap = 0xffffffffu;
    const N minority = V::set_n(rules.minority >= cap ? cap
                                                      : static_cast<uint32_t>(rules.minority));
    const N top = V::load_n(top32);
    N p = V::set_n(0);
    for (int bit = highest == 0 ? -1 : 31 - __builtin_clz(highest); bit >= 0; --bit) {
      const N wanted = V::or_n(p, V::set_n(1u << bit));
      const N below = below_of(rules, job.scores, wanted);
      p = V::raise_where(p, wanted, below, minority, top);
    }
    V::store_n(top32, p);
    for (size_t k = 0; k < V::width32; ++k) job.consensus[at + k] = top32[k];
  }

  // The voices of scores below `wanted`.
  static typename V::N below_of(const TileRules& rules, const uint32_t* scores,
                                typename V::N wanted) {
    auto even = V::set_n(0), odd = V::set_n(0);
    size_t row = 0;
    for (; row + 1 < rules.rows; row += 2, scores += 2 * V::width32) {
      even = V::add_below(even, scores, wanted, rules.voice32[row]);
      odd = V::add_below(odd, scores + V::width32, wanted, rules.voice32[row + 1]);
    }
    if (row < rules.rows) even = V::add_below(even, scores, wanted, rules.voice32[row]);
    return V::add_n(even, odd);
  }

  // What a bond is made of: the weight, moved to the clipped one as far as the penalty says.
  static M bond_weight(const TileRules& rules, M w, M clipped) {
    if (rules.penalty >= two32) return clipped;
    if (rules.penalty <= 0) return w;
    const D over = V::sub(A::value(w), A::value(clipped));
    const D moved = A::exact ? V::multiply_up(A::hold(over), A::factor(rules.penalty))
                             : V::mul(over, V::set(rules.penalty * (1 / two32)));
    return A::hold(V::sub(A::value(w), moved));
  }

  static void clip(const TileRules& rules, TileJob& job, size_t at) {
    const M consensus = A::hold(V::load(job.consensus + at));
    const bool penalized = rules.penalty > 0 && rules.penalty < two32;
    D rank = V::set(0), delta = V::set(0);
    for (size_t row = 0; row < rules.rows; ++row) {
      const M w = A::hold(V::load32(job.scores + row * V::width32 + at % V::width32));
      const M clipped = rules.linear ? w : V::min(w, consensus);
      double* trust = job.trust + row * sum_lanes + at % sum_lanes;
      V::store(trust, V::add(V::load(trust), A::value(clipped)));
      const K active = A::factor(rules.active[row]);
      rank = V::add(rank, A::value(A::multiply(clipped, active)));
      if (penalized) {
        const M wb = bond_weight(rules, w, clipped);
        delta = V::add(delta, A::value(A::multiply(wb, active)));
      }
    }
    V::store(job.rank + at, rank);
    V::store(job.delta + at, penalized            ? delta
                             : rules.penalty <= 0 ? V::load(job.prerank + at)
                                                  : rank);
  }

  // Commune and Yuma 2: the average of shares in a column, stake in them. Linear: the new ones.
  static Sums average_shares(const TileRules& rules, TileJob& job, size_t at) {
    D old_total = V::set(0);
    for (size_t row = 0; row < rules.rows && !rules.linear; ++row) {
      old_total = V::add(old_total, V::load16(job.bond + row * lanes + at));
    }
    const Divisor fresh(V::load(job.delta + at)), old(old_total);
    const M consensus = A::hold(V::load(job.consensus + at));
    const K alpha = factors(job.alpha + at), keep = factors(job.keep + at);
    D total = V::set(0), most = total;
    M top = A::hold(total), old_top = top;
    for (size_t row = 0; row < rules.rows; ++row) {
      const M w = weight(rules, job, row, at);
      const M wb = rules.linear ? w : bond_weight(rules, w, V::min(w, consensus));
      const M share = fresh(A::value(A::multiply(wb, A::factor(rules.active[row]))));
      top = V::max(top, share);
      D bond = A::value(share);
      if (!rules.linear) {
        const M before = old(V::load16(job.bond + row * lanes + at));
        old_top = V::max(old_top, before);
        bond = V::add(A::value(A::multiply(share, alpha)), A::value(A::multiply(before, keep)));
      }
      total = V::add(total, bond);
      most = V::max(most, bond);
      V::store(job.cells + row * width, bond);
    }
    return {total, ones(top) | ones(old_top) | whole(most, total)};
  }

  // Yuma 3: the average of weights; what was bonded before is u16 / 65535.
  static Sums average_weights(const TileRules& rules, TileJob& job, size_t at) {
    const Divisor u16(V::set(65535.0));
    const D consensus = V::load(job.consensus + at);
    const K alpha = factors(job.alpha + at), keep = factors(job.keep + at);
    const D keep_all = V::load(job.keep + at);
    D total = V::set(0), most = total;
    for (size_t row = 0; row < rules.rows; ++row) {
      const M w = weight(rules, job, row, at);
      const M wb = bond_weight(rules, w, V::min(w, A::hold(consensus)));
      const M old = u16(V::load16(job.bond + row * lanes + at));
      const D bond = V::add(A::value(A::multiply(wb, alpha)), kept(old, keep, keep_all));
      total = V::add(total, bond);
      most = V::max(most, bond);
      V::store(job.cells + row * width, bond);
    }
    return {total, whole(most, total)};
  }

  // The same with an alpha of each pair; only what stands in the new row keeps a bond.
  static Sums average_liquid(const TileRules& rules, TileJob& job, size_t at) {
    constexpr size_t block = Sigmoid<V>::block;
    const Divisor u16(V::set(65535.0));
    const D consensus = V::load(job.consensus + at);
    D total = V::set(0), most = total;
    for (size_t first = 0; first < rules.rows; first += block) {
      const size_t count = rules.rows - first < block ? rules.rows - first : block;
      D w[block], wb[block], old[block], alpha[block];
      for (size_t k = 0; k < block; ++k) alpha[k] = V::set(0);
      for (size_t k = 0; k < count; ++k) {
        const M weighed = weight(rules, job, first + k, at);
        const M low = bond_weight(rules, weighed, V::min(weighed, A::hold(consensus)));
        w[k] = A::value(weighed);
        wb[k] = A::value(low);
        old[k] = A::value(u16(V::load16(job.bond + (first + k) * lanes + at)));
        alpha[k] = difference(wb[k], old[k], consensus);
      }
      if (A::exact) {
        Sigmoid<V>::exact(rules, alpha);
      } else {
        Sigmoid<V>::fast(rules, alpha);
      }
      for (size_t k = 0; k < count; ++k) {
        const unsigned here = job.has_weight[first + k] >> at;
        const D bond = V::and_mask(survives(rules, w[k], wb[k], consensus,
                                            moved(wb[k], old[k], alpha[k])),
                                   V::mask_of(here & ((1u << width) - 1)));
        total = V::add(total, bond);
        most = V::max(most, bond);
        V::store(job.cells + (first + k) * width, bond);
      }
    }
    return {total, whole(most, total)};
  }

  // The old bond's part; an old bond of exactly 1 keeps the whole factor.
  static D kept(M old, K keep, D keep_all) {
    const D part = A::value(A::multiply(old, keep));
    if (!A::exact) return part;
    return V::select(V::ge(A::value(old), V::set(two32)), keep_all, part);
  }

  static D difference(D wb, D old, D consensus) {
    const D above = V::max(V::sub(wb, consensus), V::set(0));
    return V::min(V::select(V::ge(wb, old), above, V::sub(old, wb)), V::set(two32));
  }
  // (1 - alpha) * old + alpha * weight, at most 1.
  static D moved(D wb, D old, D alpha) {
    const D unit = V::set(two32);
    const D keep = V::sub(unit, alpha);
    if (!A::exact) {
      return V::min(V::mul(V::add(V::mul(old, keep), V::mul(wb, alpha)), V::set(1 / two32)), unit);
    }
    const D part = V::lower(V::multiply(V::raise(old), V::raise(keep)));
    const D kept = V::select(V::ge(old, unit), keep, part);
    return V::min(V::add(kept, V::lower(V::multiply(V::raise(wb), V::raise(alpha)))), unit);
  }
  // A clipped entry is gone where the consensus is 0, one without weight where it is moved.
  static D survives(const TileRules& rules, D w, D wb, D consensus, D bond) {
    const D zero = V::set(0);
    if (rules.penalty >= two32) {
      return V::and_mask(bond, V::or_mask(V::gt(consensus, zero), V::not_mask(V::gt(w, zero))));
    }
    return rules.penalty <= 0 ? bond : V::and_mask(bond, V::gt(wb, zero));
  }

  // Dividends, and the bonds as they are stored.
  static void settle(const TileRules& rules, TileJob& job, size_t at, const Sums& sums) {
    const Divisor share(sums.total);
    const D incentive = V::and_mask(V::load(job.incentive + at),
                                    V::not_mask(V::mask_of((job.odd >> at) & ((1u << width) - 1))));
    const K factor = A::exact ? V::add(incentive, V::set(V::magic))
                              : V::mul(incentive, V::set(1 / two32));
    M top = A::hold(V::set(0));
    const bool upscale = !rules.linear && !rules.per_validator;
    for (size_t row = 0; row < rules.rows; ++row) {
      double* cell = job.cells + row * width;
      const D bond = V::load(cell);
      const M x = rules.linear ? A::hold(bond) : share(bond);
      double* dividends = job.dividends + row * sum_lanes + at % sum_lanes;
      V::store(dividends, V::add(V::load(dividends), A::value(A::multiply(x, factor))));
      const unsigned there = rules.linear ? job.has_weight[row] >> at
                                          : V::bits(V::ge(bond, V::set(1)));
      mark(job.has_out[row], there & ((1u << width) - 1), at);
      if (upscale) {
        top = V::max(top, x);
        V::store(cell, A::value(x));
      } else {
        V::store16(job.out + row * lanes + at, bond);
      }
    }
    if (!upscale) return;
    const Divisor full(A::value(top));
    for (size_t row = 0; row < rules.rows; ++row) {
      V::store16(job.out + row * lanes + at,
                 A::value(full(V::load(job.cells + row * width))));
    }
  }

  static void mark(uint16_t& word, unsigned there, size_t at) {
    word = static_cast<uint16_t>((at == 0 ? 0u : word) | there << at);
  }
  static K factors(const double* x) {
    return A::exact ? V::add(V::load(x), V::set(V::magic)) : V::mul(V::load(x), V::set(1 / two32));
  }
  // Lanes whose highest share is exactly 1. In doubles nothing is odd.
  static unsigned ones(M top) {
    return A::exact ? V::bits(V::ge(A::value(top), V::set(two32))) : 0;
  }
  // Lanes in which one entry is all there is.
  static unsigned whole(D most, D total) {
    if (!A::exact) return 0;
    return V::bits(V::and_mask(V::ge(most, total), V::gt(total, V::set(0))));
  }
};

}  // namespace
}  // namespace consensus
