// SPDX-License-Identifier: 0BSD
// Vector arithmetic rounds toward minus infinity while one of these lives. For the sources of the
// x86 paths, in each one's unnamed namespace.
#pragma once

#include <immintrin.h>

namespace consensus {
namespace {

class RoundingDown {
 public:
  RoundingDown() { _mm_setcsr((before_ & ~unsigned{_MM_ROUND_MASK}) | _MM_ROUND_DOWN); }
  ~RoundingDown() { _mm_setcsr(before_); }
  RoundingDown(const RoundingDown&) = delete;

 private:
  const unsigned before_ = _mm_getcsr();
};

}  // namespace
}  // namespace consensus
