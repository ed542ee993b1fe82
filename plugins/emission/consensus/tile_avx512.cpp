// SPDX-License-Identifier: 0BSD
// AVX-512 F, DQ and BW: 8 columns at a time, 16 for the median. Compiled with -mavx512f -mavx512dq
// -mavx512bw.
#include <immintrin.h>

#include "tile_passes.hpp"

namespace consensus {
namespace {

struct Avx512 {
  static constexpr size_t width = 8, width32 = 16;
  static constexpr bool has_fma = true;
  static constexpr double magic = 4503599627370496.0;  // 2^52
  using D = __m512d;
  using N = __m512i;

  static __m512i ints(D a) { return _mm512_castpd_si512(a); }
  static D doubles(__m512i a) { return _mm512_castsi512_pd(a); }
  static D mask(__mmask8 m) { return doubles(_mm512_movm_epi64(m)); }
  static __mmask8 mask8(D m) { return _mm512_movepi64_mask(ints(m)); }
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
  static void store32(uint32_t* p, D m) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi64_epi32(ints(m)));
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
  static D raise(D a) { return add(a, set(magic)); }
  static D lower(D m) { return sub(m, set(magic)); }
  static D nearest(D a) {
    return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static D fused(D a, D b, D c) { return _mm512_fmadd_pd(a, b, c); }
  static D two_to(D n) {
    return doubles(_mm512_slli_epi64(ints(add(n, set(magic + 1023))), 52));
  }
  static D inverse(D total) {
    return _mm512_maskz_div_pd(_mm512_cmp_pd_mask(total, set(0), _CMP_NEQ_OQ), set(two32), total);
  }
  // To the nearest whole number, then down by one where the exact remainder is negative.
  static D divide(D x, D inverse, D scaled) {
    const D near = _mm512_fmadd_pd(x, inverse, set(magic));
    const D rest = _mm512_fnmadd_pd(lower(near), scaled, x);
    return doubles(_mm512_sub_epi64(ints(near), _mm512_srli_epi64(ints(rest), 63)));
  }
  static D multiply(D a, D b) {
    const __m512i product = _mm512_srli_epi64(_mm512_mul_epu32(ints(a), ints(b)), 32);
    return doubles(_mm512_or_si512(product, ints(set(magic))));
  }
  static D multiply_up(D a, D b) {
    const __m512i product = _mm512_mul_epu32(ints(a), ints(b));
    const __m512i up = _mm512_add_epi64(product, _mm512_set1_epi64(0xffffffffll));
    return lower(doubles(_mm512_or_si512(_mm512_srli_epi64(up, 32), ints(set(magic)))));
  }

  static D ge(D a, D b) { return mask(_mm512_cmp_pd_mask(a, b, _CMP_GE_OQ)); }
  static D gt(D a, D b) { return mask(_mm512_cmp_pd_mask(a, b, _CMP_GT_OQ)); }
  static D and_mask(D a, D m) { return _mm512_and_pd(a, m); }
  static D or_mask(D a, D b) { return _mm512_or_pd(a, b); }
  static D not_mask(D a) { return _mm512_xor_pd(a, doubles(_mm512_set1_epi64(-1))); }
  static D select(D m, D a, D b) { return _mm512_mask_blend_pd(mask8(m), b, a); }
  static unsigned bits(D m) { return mask8(m); }
  static D mask_of(unsigned set_bits) { return mask(static_cast<__mmask8>(set_bits)); }

  static N set_n(uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
  static N load_n(const uint32_t* p) { return _mm512_loadu_si512(p); }
  static void store_n(uint32_t* p, N a) { _mm512_storeu_si512(p, a); }
  static N or_n(N a, N b) { return _mm512_or_si512(a, b); }
  static N add_n(N a, N b) { return _mm512_add_epi32(a, b); }
  static N add_below(N sum, const uint32_t* scores, N wanted, uint32_t voice) {
    const __mmask16 below = _mm512_cmplt_epu32_mask(_mm512_load_si512(scores), wanted);
    return _mm512_mask_add_epi32(sum, below, sum, set_n(voice));
  }
  static N raise_where(N p, N wanted, N below, N minority, N top) {
    const __mmask16 few = _mm512_cmple_epu32_mask(below, minority);
    return _mm512_mask_mov_epi32(p, _mm512_mask_cmple_epu32_mask(few, wanted, top), wanted);
  }
};

}  // namespace

const Kernel avx512_exact{"avx512", Passes<Avx512, Exact<Avx512>>::weigh,
                          Passes<Avx512, Exact<Avx512>>::bond};
const Kernel avx512_fast{"avx512", Passes<Avx512, Fast<Avx512>>::weigh,
                         Passes<Avx512, Fast<Avx512>>::bond};

}  // namespace consensus
