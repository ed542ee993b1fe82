// SPDX-License-Identifier: 0BSD
// AVX2 with FMA: 4 columns at a time, 8 for the median. Compiled with -mavx2 -mfma.
#include <immintrin.h>

#include "tile_passes.hpp"

namespace consensus {
namespace {

struct Avx2 {
  static constexpr size_t width = 4, width32 = 8;
  static constexpr bool has_fma = true;
  static constexpr double magic = 4503599627370496.0;  // 2^52
  using D = __m256d;
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
  static D load32(const uint32_t* p) {
    const __m256i x = _mm256_cvtepu32_epi64(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
    return lower(doubles(_mm256_or_si256(x, ints(set(magic)))));
  }
  static void store32(uint32_t* p, D m) {
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 0, 0, 0);
    const __m256i low = _mm256_permutevar8x32_epi32(ints(m), even);
    _mm_store_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(low));
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
  static D raise(D a) { return add(a, set(magic)); }
  static D lower(D m) { return sub(m, set(magic)); }
  static D nearest(D a) {
    return _mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static D fused(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }
  static D two_to(D n) {
    return doubles(_mm256_slli_epi64(ints(add(n, set(magic + 1023))), 52));
  }
  static D inverse(D total) {
    return and_mask(quotient(set(two32), total), _mm256_cmp_pd(total, set(0), _CMP_NEQ_OQ));
  }
  // To the nearest whole number, then down by one where the exact remainder is negative.
  static D divide(D x, D inverse, D scaled) {
    const D near = _mm256_fmadd_pd(x, inverse, set(magic));
    const D rest = _mm256_fnmadd_pd(lower(near), scaled, x);
    return doubles(_mm256_sub_epi64(ints(near), _mm256_srli_epi64(ints(rest), 63)));
  }
  static D multiply(D a, D b) {
    const __m256i product = _mm256_srli_epi64(_mm256_mul_epu32(ints(a), ints(b)), 32);
    return doubles(_mm256_or_si256(product, ints(set(magic))));
  }
  static D multiply_up(D a, D b) {
    const __m256i product = _mm256_mul_epu32(ints(a), ints(b));
    const __m256i up = _mm256_add_epi64(product, _mm256_set1_epi64x(0xffffffffll));
    return lower(doubles(_mm256_or_si256(_mm256_srli_epi64(up, 32), ints(set(magic)))));
  }

  static D ge(D a, D b) { return _mm256_cmp_pd(a, b, _CMP_GE_OQ); }
  static D gt(D a, D b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
  static D and_mask(D a, D mask) { return _mm256_and_pd(a, mask); }
  static D or_mask(D a, D b) { return _mm256_or_pd(a, b); }
  static D not_mask(D a) { return _mm256_xor_pd(a, doubles(_mm256_set1_epi64x(-1))); }
  static D select(D mask, D a, D b) { return _mm256_blendv_pd(b, a, mask); }
  static unsigned bits(D mask) { return static_cast<unsigned>(_mm256_movemask_pd(mask)); }
  static D mask_of(unsigned set_bits) {
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
  static N raise_where(N p, N wanted, N below, N minority, N top) {
    const N few = _mm256_cmpeq_epi32(_mm256_min_epu32(below, minority), below);
    const N within = _mm256_cmpeq_epi32(_mm256_min_epu32(wanted, top), wanted);
    return _mm256_blendv_epi8(p, wanted, _mm256_and_si256(few, within));
  }
};

}  // namespace

const Kernel avx2_exact{"avx2", Passes<Avx2, Exact<Avx2>>::weigh,
                        Passes<Avx2, Exact<Avx2>>::bond};
const Kernel avx2_fast{"avx2", Passes<Avx2, Fast<Avx2>>::weigh, Passes<Avx2, Fast<Avx2>>::bond};

}  // namespace consensus
