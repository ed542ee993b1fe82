/* SPDX-License-Identifier: 0BSD */
/* What -ffast-math links into a library: flushes denormals in the whole process. */
#include <xmmintrin.h>

#include "zoo.h"

__attribute__((constructor)) static void flush_denormals(void) {
  _mm_setcsr(_mm_getcsr() | 0x8040u);
}

ZOO_WITH_DETECT(honest_detect);
