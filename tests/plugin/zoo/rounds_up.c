/* SPDX-License-Identifier: 0BSD */
/* Leaves the whole process rounding upwards. */
#include <xmmintrin.h>

#include "zoo.h"

static ZOO_DETECT(detect) {
  _mm_setcsr((_mm_getcsr() & ~0x6000u) | 0x4000u);
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
