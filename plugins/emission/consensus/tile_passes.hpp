// SPDX-License-Identifier: 0BSD
// The two passes over a tile, for any vector type V and arithmetic A over it. Included by one
// source per instruction path, all of it in that source's unnamed namespace.
//
// V: `width` doubles a vector D, B says where something holds, `width32` integers a vector N.
#pragma once

#include "sigmoid.hpp"
#include "tile.hpp"

namespace consensus {
namespace {

// Both modes work in whole numbers of 2^-32, with arithmetic that rounds down: the floor of a
// product is one fused operation on a sum that begins with 2^52, where the last bit of a double is
// a one. They differ in what would cost most.
template <class V>
struct Exact {
  using D = typename V::D;
  static D quotient(D x, D inverse, D scaled) { return V::divide(x, inverse, scaled); }
  static void alphas(const TileRules& rules, D (&diff)[V::block]) {
    Sigmoid<V>::exact(rules, diff);
  }
};
template <class V>
struct Fast {
  using D = typename V::D;
  // The quotient; one above it where it is within 2^-20 of that.
  static D quotient(D x, D inverse, D) {
    return V::sub(V::fused(x, inverse, V::set(two52)), V::set(two52));
  }
  static void alphas(const TileRules& rules, D (&diff)[V::block]) { Sigmoid<V>::fast(rules, diff); }
};

template <class V, class A>
class Passes {
  using D = typename V::D;
  static constexpr size_t width = V::width;

 public:
  static constexpr Kernel kernel(const char* name) { return {name, weigh, bond}; }

 private:
  static void weigh(const TileRules& rules, TileJob& job) {
    const typename V::Down rounding;
    weigh_all(rules, job);
  }
  static void bond(const TileRules& rules, TileJob& job) {
    const typename V::Down rounding;
    bond_all(rules, job);
  }

  // Calls of their own, so that no arithmetic moves to where it rounds otherwise; with rules of
  // their own, which no store to a tile can change.
  [[gnu::noinline, gnu::flatten]] static void weigh_all(const TileRules& shared, TileJob& job) {
    const TileRules rules = shared;
    for (size_t at = 0; at < lanes; at += V::width32) {
      for (size_t k = at; k < at + V::width32; k += width) score(rules, job, k);
      if (!rules.linear) median(rules, job, at);
      for (size_t k = at; k < at + V::width32; k += width) clip(rules, job, k);
    }
  }
  [[gnu::noinline, gnu::flatten]] static void bond_all(const TileRules& shared, TileJob& job) {
    const TileRules rules = shared;
    for (size_t at = 0; at < lanes; at += width) {
      settle(rules, job, at, !rules.per_validator ? average_shares(rules, job, at)
                             : rules.liquid       ? average_liquid(rules, job, at)
                                                  : average_weights(rules, job, at));
    }
  }

  // Division by what each column has of its own; by zero: zero, as x is then.
  struct Divisor {
    D inverse, scaled;
    explicit Divisor(D total)
        : inverse(V::inverse(total)), scaled(V::mul(total, V::set(1 / two32))) {}
    D operator()(D x) const { return A::quotient(x, inverse, scaled); }
    D of16(D x) const { return V::divide16(x, inverse, scaled); }  // x of 16 bits
  };
  static D sum_of(D sum) { return V::sub(sum, V::set(two52)); }
  static D part(D a, D factor) { return sum_of(V::add_floor(V::set(two52), a, factor)); }

  static D weight(const TileRules& rules, const uint16_t* weights, size_t row) {
    return V::divide16(V::load16(weights + row * lanes), V::set(rules.scale[row]),
                       V::set(rules.total[row]));
  }

  // Shares of the rows as whole numbers, for the median; the highest that a voice gave.
  static void score(const TileRules& rules, TileJob& job, size_t at) {
    const uint16_t* const weights = job.weight + at;
    uint32_t* const scores = job.scores + at % V::width32;
    D top = V::set(0), prerank = V::set(two52), mean = prerank;
    for (size_t row = 0; row < rules.rows; ++row) {
      const D w = weight(rules, weights, row);
      V::store32(scores + row * V::width32, w);
      if (rules.voice32[row] != 0) top = V::max(top, w);
      prerank = V::add_floor(prerank, w, V::set(rules.active[row]));
      if (rules.linear) mean = V::add_floor(mean, w, V::set(rules.voice[row]));
    }
    V::store(job.prerank + at, sum_of(prerank));
    V::store(job.consensus + at, rules.linear ? sum_of(mean) : top);
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
    Heard heard{job.scores, rules.voice32, rules.rows, p};
    const int first = highest == 0 ? -1 : 31 - __builtin_clz(highest);
    for (int bit = first; bit >= 0; --bit) {
      if (first - bit == bits_of_all) heard = near(heard, p, V::set_n(2u << bit), job);
      const N wanted = V::or_n(p, V::set_n(1u << bit));
      p = V::raise_where(p, wanted, below_of(heard, wanted), minority, top);
    }
    V::store_n(top32, p);
    for (size_t k = 0; k < V::width32; ++k) job.consensus[at + k] = top32[k];
  }

  // Rows that a median is looked for in, and the voices of the others that are below it.
  struct Heard {
    const uint32_t* scores;
    const uint32_t* voices;
    size_t rows;
    typename V::N below;
  };
  // So many bits of a median are decided by all rows, the others by those still near it: few.
  static constexpr int bits_of_all = 7;

  // The rows with a score in p .. p + span - 1 in any lane, where all that will be asked lies.
  static Heard near(const Heard& all, typename V::N p, typename V::N span, TileJob& job) {
    uint32_t *const near = job.near, *const near_voices = job.near_voices;
    Heard found{near, near_voices, 0, all.below};
    for (size_t row = 0; row < all.rows; ++row) {
      const uint32_t* scores = all.scores + row * V::width32;
      const uint32_t voice = all.voices[row];
      if (!V::any_within(scores, p, span)) {
        found.below = V::add_below(found.below, scores, p, voice);
        continue;
      }
      V::store_n(near + found.rows * V::width32, V::load_n(scores));
      near_voices[found.rows++] = voice;
    }
    return found;
  }

  // The voices of scores below `wanted`.
  static typename V::N below_of(const Heard& heard, typename V::N wanted) {
    auto even = heard.below, odd = V::set_n(0);
    const uint32_t *scores = heard.scores, *voices = heard.voices;
    size_t row = 0;
    for (; row + 1 < heard.rows; row += 2, scores += 2 * V::width32) {
      even = V::add_below(even, scores, wanted, voices[row]);
      odd = V::add_below(odd, scores + V::width32, wanted, voices[row + 1]);
    }
    if (row < heard.rows) even = V::add_below(even, scores, wanted, voices[row]);
    return V::add_n(even, odd);
  }

  // What a bond is made of: the weight, moved to the clipped one as far as the penalty says.
  static D bond_weight(const TileRules& rules, D w, D clipped) {
    if (rules.penalty >= 1) return clipped;
    if (rules.penalty <= 0) return w;
    return V::sub_ceil(w, V::sub(w, clipped), V::set(rules.penalty));
  }

  static void clip(const TileRules& rules, TileJob& job, size_t at) {
    const D consensus = V::load(job.consensus + at);
    const bool penalized = rules.penalty > 0 && rules.penalty < 1;
    const uint32_t* const scores = job.scores + at % V::width32;
    double* trust = job.trust + at % sum_lanes;
    D rank = V::set(two52), delta = rank;
    for (size_t row = 0; row < rules.rows; ++row, trust += sum_lanes) {
      const D w = V::load32(scores + row * V::width32);
      const D clipped = rules.linear ? w : V::min(w, consensus);
      V::store(trust, V::add(V::load(trust), clipped));
      const D active = V::set(rules.active[row]);
      rank = V::add_floor(rank, clipped, active);
      if (penalized) delta = V::add_floor(delta, bond_weight(rules, w, clipped), active);
    }
    V::store(job.rank + at, sum_of(rank));
    V::store(job.delta + at, penalized            ? sum_of(delta)
                             : rules.penalty <= 0 ? V::load(job.prerank + at)
                                                  : sum_of(rank));
  }

  // Each of these returns the total of a column's new bonds.

  // Commune and Yuma 2: the average of shares in a column, stake in them. Linear: the new ones.
  static D average_shares(const TileRules& rules, TileJob& job, size_t at) {
    const uint16_t *const weights = job.weight + at, *const bonds = job.bond + at;
    double* const cells = job.cells;
    D old_total = V::set(0);
    for (size_t row = 0; row < rules.rows && !rules.linear; ++row) {
      old_total = V::add(old_total, V::load16(bonds + row * lanes));
    }
    const Divisor fresh(V::load(job.delta + at)), old(old_total);
    const D consensus = V::load(job.consensus + at);
    const D alpha = V::load(job.alpha + at), keep = V::load(job.keep + at);
    D total = V::set(0);
    for (size_t row = 0; row < rules.rows; ++row) {
      const D w = weight(rules, weights, row);
      const D wb = rules.linear ? w : bond_weight(rules, w, V::min(w, consensus));
      D bond = fresh(part(wb, V::set(rules.active[row])));
      if (!rules.linear) {
        bond = average(bond, alpha, old.of16(V::load16(bonds + row * lanes)), keep);
      }
      total = V::add(total, bond);
      V::store(cells + row * width, bond);
    }
    return total;
  }
  static D average(D fresh, D alpha, D old, D keep) {
    const D moved = V::add_floor(V::set(two52), fresh, alpha);
    return sum_of(V::add_floor(moved, old, keep));
  }

  // Yuma 3: the average of weights; what was bonded before is u16 / 65535.
  static D average_weights(const TileRules& rules, TileJob& job, size_t at) {
    const Divisor u16(V::set(65535.0));
    const D consensus = V::load(job.consensus + at);
    const D alpha = V::load(job.alpha + at), keep = V::load(job.keep + at);
    const uint16_t *const weights = job.weight + at, *const bonds = job.bond + at;
    double* const cells = job.cells;
    D total = V::set(0);
    for (size_t row = 0; row < rules.rows; ++row) {
      const D w = weight(rules, weights, row);
      const D wb = bond_weight(rules, w, V::min(w, consensus));
      const D old = u16.of16(V::load16(bonds + row * lanes));
      const D bond = average(wb, alpha, old, keep);
      total = V::add(total, bond);
      V::store(cells + row * width, bond);
    }
    return total;
  }

  // The same with an alpha of each pair; only what stands in the new row keeps a bond.
  static D average_liquid(const TileRules& rules, TileJob& job, size_t at) {
    constexpr size_t block = Sigmoid<V>::block;
    const Divisor u16(V::set(65535.0));
    const D consensus = V::load(job.consensus + at);
    D total = V::set(0);
    for (size_t first = 0; first < rules.rows; first += block) {
      const size_t count = rules.rows - first < block ? rules.rows - first : block;
      D w[block], wb[block], old[block], alpha[block];
      for (size_t k = 0; k < block; ++k) alpha[k] = V::set(0);
      for (size_t k = 0; k < count; ++k) {
        w[k] = weight(rules, job.weight + at, first + k);
        wb[k] = bond_weight(rules, w[k], V::min(w[k], consensus));
        old[k] = u16.of16(V::load16(job.bond + (first + k) * lanes + at));
        alpha[k] = difference(wb[k], old[k], consensus);
      }
      A::alphas(rules, alpha);
      for (size_t k = 0; k < count; ++k) {
        const unsigned here = job.has_weight[first + k] >> at;
        const D keep = V::sub(V::set(1), alpha[k]);
        const D moved = V::min(average(wb[k], alpha[k], old[k], keep), V::set(two32));
        const D bond = V::only(survives(rules, w[k], wb[k], consensus, moved),
                               V::where(here & ((1u << width) - 1)));
        total = V::add(total, bond);
        V::store(job.cells + (first + k) * width, bond);
      }
    }
    return total;
  }

  static D difference(D wb, D old, D consensus) {
    const D above = V::max(V::sub(wb, consensus), V::set(0));
    return V::min(V::select(V::ge(wb, old), above, V::sub(old, wb)), V::set(two32));
  }
  // A clipped entry is gone where the consensus is 0, one without weight where it is moved.
  static D survives(const TileRules& rules, D w, D wb, D consensus, D bond) {
    const D zero = V::set(0);
    if (rules.penalty >= 1) {
      return V::only(bond, V::or_not(V::gt(consensus, zero), V::gt(w, zero)));
    }
    return rules.penalty <= 0 ? bond : V::only(bond, V::gt(wb, zero));
  }

  // Dividends, and the bonds as they are stored.
  static void settle(const TileRules& rules, TileJob& job, size_t at, D total) {
    const Divisor share(total);
    const D incentive = V::load(job.incentive + at);
    D top = V::set(0);
    const bool upscale = !rules.linear && !rules.per_validator;
    const uint16_t* const has_weight = job.has_weight;
    uint16_t *const has_out = job.has_out, *const bonds = job.bond + at;
    double *const cells = job.cells, *dividends = job.dividends + at % sum_lanes;
    for (size_t row = 0; row < rules.rows; ++row, dividends += sum_lanes) {
      const D bond = V::load(cells + row * width);
      const D x = rules.linear ? bond : share(bond);
      V::store(dividends, V::add_floor(V::load(dividends), x, incentive));
      const unsigned there = rules.linear ? has_weight[row] >> at
                                          : V::bits(V::ge(bond, V::set(1)));
      mark(has_out[row], there & ((1u << width) - 1), at);
      if (upscale) {
        top = V::max(top, x);
        V::store(cells + row * width, x);
      } else {
        V::store16(bonds + row * lanes, bond);
      }
    }
    if (!upscale) return;
    const Divisor full(top);
    for (size_t row = 0; row < rules.rows; ++row) {
      V::store16(bonds + row * lanes, full(V::load(cells + row * width)));
    }
  }

  static void mark(uint16_t& word, unsigned there, size_t at) {
    word = static_cast<uint16_t>((at == 0 ? 0u : word) | there << at);
  }
};

}  // namespace
}  // namespace consensus
