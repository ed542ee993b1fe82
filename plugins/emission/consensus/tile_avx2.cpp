// SPDX-License-Identifier: 0BSD
// AVX2 with FMA: 4 columns at a time, 8 for the median. Compiled with -mavx2 -mfma.
#include <immintrin.h>

#include "rounding.hpp"
#include "tile_passes.hpp"

namespace consensus {
namespace {

struct Avx2 {
  static constexpr size_t width = 4, width32 = 8, block = 6;
  static constexpr bool has_fma = true;
  using Down = RoundingDown;
  using D = __m256d;
  using B = __m256d;  // all bits where it holds
  using N = __m256i;

  static __m256i ints(D a) { return _mm256_castpd_si256(a); }
  static D doubles(__m256i a) { return _mm256_castsi256_pd(a); }
  static D set(double x) { return _mm256_set1_pd(x); }
  static D load(const double* p) { return _mm256_load_pd(p); }
  static void store(double* p, D a) { _mm256_store_pd(p, a); }
  static D load16(const uint16_t* p) {
    return _mm256_cvtepi32_pd(
        _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  // Scores are below 2^31.
  static D load32(const uint32_t* p) {
    return _mm256_cvtepi32_pd(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static void store32(uint32_t* p, D a) {
    _mm_store_si128(reinterpret_cast<__m128i*>(p), _mm256_cvttpd_epi32(a));
  }
  static void store16(uint16_t* p, D a) {
    const __m128i x = _mm256_cvttpd_epi32(mul(a, set(65535 / two32)));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(x, x));
  }
  static D add(D a, D b) { return _mm256_add_pd(a, b); }
  static D sub(D a, D b) { return _mm256_sub_pd(a, b); }
  static D mul(D a, D b) { return _mm256_mul_pd(a, b); }
  static D quotient(D a, D b) { return _mm256_div_pd(a, b); }
  static D min(D a, D b) { return _mm256_min_pd(a, b); }
  static D max(D a, D b) { return _mm256_max_pd(a, b); }
  static D fused(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }
  static D two_to(D n) {
    return doubles(_mm256_slli_epi64(ints(add(n, set(two52 + 1023))), 52));
  }
  // Rounded up where the mode is down.
  static D inverse(D total) {
    const D less = quotient(set(-two32), total);
    return only(sub(set(0), less), _mm256_cmp_pd(total, set(0), _CMP_NEQ_OQ));
  }
  // The floor or one above it: that has a negative remainder.
  static D divide(D x, D inverse, D scaled) {
    const D near = sub(fused(x, inverse, set(two52)), set(two52));
    return sub(near, only(set(1), gt(set(0), _mm256_fnmadd_pd(near, scaled, x))));
  }
  static D divide16(D x, D inverse, D) { return sub(fused(x, inverse, set(two52)), set(two52)); }
  static D add_floor(D sum, D a, D factor) { return fused(a, factor, sum); }
  static D sub_ceil(D a, D b, D factor) {
    return sub(_mm256_fnmadd_pd(b, factor, add(a, set(two52))), set(two52));
  }
  static D add_bits(D a, D b) { return doubles(_mm256_add_epi64(ints(a), ints(b))); }
  static D less_bits(D a, uint64_t less) {
    return doubles(_mm256_sub_epi64(ints(a), _mm256_set1_epi64x(static_cast<int64_t>(less))));
  }

  static B ge(D a, D b) { return _mm256_cmp_pd(a, b, _CMP_GE_OQ); }
  static B gt(D a, D b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
  static D only(D a, B where) { return _mm256_and_pd(a, where); }
  static B both(B a, B b) { return _mm256_and_pd(a, b); }
  static B or_not(B a, B b) {
    return _mm256_or_pd(a, _mm256_xor_pd(b, doubles(_mm256_set1_epi64x(-1))));
  }
  static D select(B where, D a, D b) { return _mm256_blendv_pd(b, a, where); }
  static unsigned bits(B where) { return static_cast<unsigned>(_mm256_movemask_pd(where)); }
  static B where(unsigned set_bits) {
    const __m256i bit = _mm256_setr_epi64x(1, 2, 4, 8);
    const __m256i have = _mm256_and_si256(_mm256_set1_epi64x(set_bits), bit);
    return doubles(_mm256_cmpeq_epi64(have, bit));
  }

  static N set_n(uint32_t x) { return _mm256_set1_epi32(static_cast<int>(x)); }
  static N load_n(const uint32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static void store_n(uint32_t* p, N a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
  }
  static N or_n(N a, N b) { return _mm256_or_si256(a, b); }
  static N add_n(N a, N b) { return _mm256_add_epi32(a, b); }
  // Scores and what is wanted are below 2^31.
  static N add_below(N sum, const uint32_t* scores, N wanted, uint32_t voice) {
    const N below = _mm256_cmpgt_epi32(
        wanted, _mm256_load_si256(reinterpret_cast<const __m256i*>(scores)));
    return _mm256_add_epi32(sum, _mm256_and_si256(below, set_n(voice)));
  }
  static bool any_within(const uint32_t* scores, N low, N span) {
    const N over = _mm256_sub_epi32(load_n(scores), low);
    const N beyond = _mm256_cmpeq_epi32(_mm256_max_epu32(over, span), over);
    return _mm256_movemask_epi8(beyond) != -1;
  }
  static N raise_where(N p, N wanted, N below, N minority, N top) {
    const N few = _mm256_cmpeq_epi32(_mm256_min_epu32(below, minority), below);
    const N within = _mm256_cmpeq_epi32(_mm256_min_epu32(wanted, top), wanted);
    return _mm256_blendv_epi8(p, wanted, _mm256_and_si256(few, within));
  }
};

}  // namespace

const Kernel avx2_exact = Passes<Avx2, Exact<Avx2>>::kernel("avx2");
const Kernel avx2_fast = Passes<Avx2, Fast<Avx2>>::kernel("avx2");

}  // namespace consensus
