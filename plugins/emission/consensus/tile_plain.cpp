// SPDX-License-Identifier: 0BSD
// The path of any machine: integers, no vector instruction asked for. With -frounding-math.
#include <bit>
#include <cfenv>

#include "tile_passes.hpp"

namespace consensus {
namespace {

struct Plain {
  static constexpr size_t width = 4, width32 = 8, block = 4;
  static constexpr bool has_fma = false;
  class Down {
   public:
    Down() { std::fesetround(FE_DOWNWARD); }
    ~Down() { std::fesetround(before_); }
    Down(const Down&) = delete;

   private:
    const int before_ = std::fegetround();
  };
  struct D {
    double v[width];
  };
  using B = D;  // 1 where it holds
  struct N {
    uint32_t v[width32];
  };

  template <class F>
  static D each(F&& f) {
    D r;
    for (size_t i = 0; i < width; ++i) r.v[i] = f(i);
    return r;
  }
  static D set(double x) { return each([&](size_t) { return x; }); }
  static D load(const double* p) { return each([&](size_t i) { return p[i]; }); }
  static D load16(const uint16_t* p) { return each([&](size_t i) { return double(p[i]); }); }
  static D load32(const uint32_t* p) { return each([&](size_t i) { return double(p[i]); }); }
  static void store(double* p, D a) { for (size_t i = 0; i < width; ++i) p[i] = a.v[i]; }
  static void store32(uint32_t* p, D a) {
    for (size_t i = 0; i < width; ++i) p[i] = static_cast<uint32_t>(a.v[i]);
  }
  static void store16(uint16_t* p, D a) {
    for (size_t i = 0; i < width; ++i) p[i] = static_cast<uint16_t>(a.v[i] * (65535 / two32));
  }
  static D add(D a, D b) { return each([&](size_t i) { return a.v[i] + b.v[i]; }); }
  static D sub(D a, D b) { return each([&](size_t i) { return a.v[i] - b.v[i]; }); }
  static D mul(D a, D b) { return each([&](size_t i) { return a.v[i] * b.v[i]; }); }
  static D quotient(D a, D b) { return each([&](size_t i) { return a.v[i] / b.v[i]; }); }
  static D min(D a, D b) {
    return each([&](size_t i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
  }
  static D max(D a, D b) {
    return each([&](size_t i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static D fused(D a, D b, D c) {
    return each([&](size_t i) { return __builtin_fma(a.v[i], b.v[i], c.v[i]); });
  }
  static D two_to(D n) {
    return each([&](size_t i) { return __builtin_ldexp(1.0, static_cast<int>(n.v[i])); });
  }
  // Rounded up where the mode is down.
  static D inverse(D total) {
    return each([&](size_t i) { return total.v[i] == 0 ? 0.0 : 0.0 - -two32 / total.v[i]; });
  }
  // It may be one off: the remainder, modulo 2^64, says so.
  static D divide(D x, D inverse, D scaled) {
    return each([&](size_t i) {
      auto q = static_cast<int64_t>(x.v[i] * inverse.v[i]);
      const auto divisor = static_cast<uint64_t>(scaled.v[i] * two32);
      const auto rest = static_cast<int64_t>((static_cast<uint64_t>(x.v[i]) << 32) -
                                             static_cast<uint64_t>(q) * divisor);
      if (rest < 0) --q;
      if (divisor != 0 && rest >= static_cast<int64_t>(divisor)) ++q;
      return static_cast<double>(q);
    });
  }
  // From above, by less than 2^-49 of itself: the next quotient is 2^-48 away.
  static D divide16(D x, D inverse, D) {
    constexpr double above = 1 + 4 / two52;
    return each([&](size_t i) {
      return static_cast<double>(static_cast<int64_t>(x.v[i] * inverse.v[i] * above));
    });
  }
  // a * factor + more / 2^32, rounded down; a up to 2^32, the factor 1 or a fraction of 32 bits.
  static double product(double a, double factor, uint64_t more = 0) {
    if (factor == 1) return a;
    const auto f = static_cast<uint64_t>(static_cast<int64_t>(factor * two32));
    const uint64_t bits = static_cast<uint64_t>(static_cast<int64_t>(a)) * f + more;
    return static_cast<double>(static_cast<int64_t>(bits >> 32));
  }
  static D add_floor(D sum, D a, D factor) {
    return each([&](size_t i) { return sum.v[i] + product(a.v[i], factor.v[i]); });
  }
  static D sub_ceil(D a, D b, D factor) {
    return each([&](size_t i) { return a.v[i] - product(b.v[i], factor.v[i], 0xffffffffu); });
  }
  // The bits as integers, modulo 2^64.
  static D add_bits(D a, D b) {
    return each([&](size_t i) {
      return std::bit_cast<double>(std::bit_cast<uint64_t>(a.v[i]) +
                                   std::bit_cast<uint64_t>(b.v[i]));
    });
  }
  static D less_bits(D a, uint64_t less) {
    return each([&](size_t i) {
      return std::bit_cast<double>(std::bit_cast<uint64_t>(a.v[i]) - less);
    });
  }

  static B ge(D a, D b) { return each([&](size_t i) { return a.v[i] >= b.v[i] ? 1.0 : 0.0; }); }
  static B gt(D a, D b) { return each([&](size_t i) { return a.v[i] > b.v[i] ? 1.0 : 0.0; }); }
  static D only(D a, B where) {
    return each([&](size_t i) { return where.v[i] != 0 ? a.v[i] : 0.0; });
  }
  static B both(B a, B b) { return only(a, b); }
  static B or_not(B a, B b) {
    return each([&](size_t i) { return a.v[i] != 0 || b.v[i] == 0 ? 1.0 : 0.0; });
  }
  static D select(B where, D a, D b) {
    return each([&](size_t i) { return where.v[i] != 0 ? a.v[i] : b.v[i]; });
  }
  static unsigned bits(B where) {
    unsigned r = 0;
    for (size_t i = 0; i < width; ++i) r |= (where.v[i] != 0 ? 1u : 0u) << i;
    return r;
  }
  static B where(unsigned set_bits) {
    return each([&](size_t i) { return (set_bits >> i & 1) != 0 ? 1.0 : 0.0; });
  }

  template <class F>
  static N each_n(F&& f) {
    N r;
    for (size_t i = 0; i < width32; ++i) r.v[i] = f(i);
    return r;
  }
  static N set_n(uint32_t x) { return each_n([&](size_t) { return x; }); }
  static N load_n(const uint32_t* p) { return each_n([&](size_t i) { return p[i]; }); }
  static void store_n(uint32_t* p, N a) { for (size_t i = 0; i < width32; ++i) p[i] = a.v[i]; }
  static N or_n(N a, N b) { return each_n([&](size_t i) { return a.v[i] | b.v[i]; }); }
  static N add_n(N a, N b) { return each_n([&](size_t i) { return a.v[i] + b.v[i]; }); }
  static N add_below(N sum, const uint32_t* scores, N wanted, uint32_t voice) {
    return each_n([&](size_t i) { return sum.v[i] + (scores[i] < wanted.v[i] ? voice : 0); });
  }
  static bool any_within(const uint32_t* scores, N low, N span) {
    bool any = false;
    for (size_t i = 0; i < width32; ++i) any = any || scores[i] - low.v[i] < span.v[i];
    return any;
  }
  static N raise_where(N p, N wanted, N below, N minority, N top) {
    return each_n([&](size_t i) {
      return below.v[i] <= minority.v[i] && wanted.v[i] <= top.v[i] ? wanted.v[i] : p.v[i];
    });
  }
};

}  // namespace

const Kernel plain_exact = Passes<Plain, Exact<Plain>>::kernel("plain");
const Kernel plain_fast = Passes<Plain, Fast<Plain>>::kernel("plain");

}  // namespace consensus
