// SPDX-License-Identifier: 0BSD
// AVX-512 F, DQ and BW: 8 columns at a time, 16 for the median. Compiled with -mavx512f -mavx512dq
// -mavx512bw.
#include <immintrin.h>

#include "rounding.hpp"
#include "tile_passes.hpp"

namespace consensus {
namespace {

struct Avx512 {
  static constexpr size_t width = 8, width32 = 16, block = 4;
  static constexpr bool has_fma = true;
  using Down = RoundingDown;
  using D = __m512d;
  using B = __mmask8;
  using N = __m512i;

  static __m512i ints(D a) { return _mm512_castpd_si512(a); }
  static D doubles(__m512i a) { return _mm512_castsi512_pd(a); }
  static D set(double x) { return _mm512_set1_pd(x); }
  static D load(const double* p) { return _mm512_load_pd(p); }
  static void store(double* p, D a) { _mm512_store_pd(p, a); }
  static D load16(const uint16_t* p) {
    return _mm512_cvtepi32_pd(
        _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static D load32(const uint32_t* p) {
    return _mm512_cvtepu32_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
  }
  static void store32(uint32_t* p, D a) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), _mm512_cvttpd_epu32(a));
  }
  static void store16(uint16_t* p, D a) {
    const __m256i x = _mm512_cvttpd_epi32(mul(a, set(65535 / two32)));
    _mm_store_si128(reinterpret_cast<__m128i*>(p),
                    _mm256_castsi256_si128(_mm512_cvtepi32_epi16(_mm512_castsi256_si512(x))));
  }
  static D add(D a, D b) { return _mm512_add_pd(a, b); }
  static D sub(D a, D b) { return _mm512_sub_pd(a, b); }
  static D mul(D a, D b) { return _mm512_mul_pd(a, b); }
  static D quotient(D a, D b) { return _mm512_div_pd(a, b); }
  static D min(D a, D b) { return _mm512_min_pd(a, b); }
  static D max(D a, D b) { return _mm512_max_pd(a, b); }
  static D fused(D a, D b, D c) { return _mm512_fmadd_pd(a, b, c); }
  static D two_to(D n) {
    return doubles(_mm512_slli_epi64(ints(add(n, set(two52 + 1023))), 52));
  }
  // Rounded up where the mode is down.
  static D inverse(D total) {
    const __mmask8 some = _mm512_cmp_pd_mask(total, set(0), _CMP_NEQ_OQ);
    return sub(set(0), _mm512_maskz_div_pd(some, set(-two32), total));
  }
  // The floor or one above it: that has a negative remainder.
  static D divide(D x, D inverse, D scaled) {
    const D near = sub(fused(x, inverse, set(two52)), set(two52));
    const B over = gt(set(0), _mm512_fnmadd_pd(near, scaled, x));
    return _mm512_mask_sub_pd(near, over, near, set(1));
  }
  static D divide16(D x, D inverse, D) { return sub(fused(x, inverse, set(two52)), set(two52)); }
  static D add_floor(D sum, D a, D factor) { return fused(a, factor, sum); }
  static D sub_ceil(D a, D b, D factor) {
    return sub(_mm512_fnmadd_pd(b, factor, add(a, set(two52))), set(two52));
  }
  static D add_bits(D a, D b) { return doubles(_mm512_add_epi64(ints(a), ints(b))); }
  static D less_bits(D a, uint64_t less) {
    return doubles(_mm512_sub_epi64(ints(a), _mm512_set1_epi64(static_cast<int64_t>(less))));
  }

  static B ge(D a, D b) { return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ); }
  static B gt(D a, D b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
  static D only(D a, B where) { return _mm512_maskz_mov_pd(where, a); }
  static B both(B a, B b) { return static_cast<B>(a & b); }
  static B or_not(B a, B b) { return static_cast<B>(a | ~b); }
  static D select(B where, D a, D b) { return _mm512_mask_blend_pd(where, b, a); }
  static unsigned bits(B where) { return where; }
  static B where(unsigned set_bits) { return static_cast<B>(set_bits); }

  static N set_n(uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
  static N load_n(const uint32_t* p) { return _mm512_loadu_si512(p); }
  static void store_n(uint32_t* p, N a) { _mm512_storeu_si512(p, a); }
  static N or_n(N a, N b) { return _mm512_or_si512(a, b); }
  static N add_n(N a, N b) { return _mm512_add_epi32(a, b); }
  static N add_below(N sum, const uint32_t* scores, N wanted, uint32_t voice) {
    const __mmask16 below = _mm512_cmplt_epu32_mask(_mm512_load_si512(scores), wanted);
    return _mm512_mask_add_epi32(sum, below, sum, set_n(voice));
  }
  static bool any_within(const uint32_t* scores, N low, N span) {
    return _mm512_cmplt_epu32_mask(_mm512_sub_epi32(load_n(scores), low), span) != 0;
  }
  static N raise_where(N p, N wanted, N below, N minority, N top) {
    const __mmask16 few = _mm512_cmple_epu32_mask(below, minority);
    return _mm512_mask_mov_epi32(p, _mm512_mask_cmple_epu32_mask(few, wanted, top), wanted);
  }
};

}  // namespace

const Kernel avx512_exact = Passes<Avx512, Exact<Avx512>>::kernel("avx512");
const Kernel avx512_fast = Passes<Avx512, Fast<Avx512>>::kernel("avx512");

}  // namespace consensus
