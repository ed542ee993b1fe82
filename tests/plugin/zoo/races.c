/* SPDX-License-Identifier: 0BSD */
/* Says that it is safe on several threads, and shares the row it is at. */
#define ZOO_FLAGS (SBN_F_DETERMINISTIC | SBN_F_CONCURRENT)
#include <time.h>

#include "zoo.h"

static volatile uint64_t row, calls;

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  const uint64_t number = calls++;
  for (uint64_t i = 0; i < in->n; ++i) {
    row = i;
    if (number % 16 == 0 && i == number % 61) {
      const struct timespec a_while = {0, 1000000}; /* whoever else is in here moves it */
      nanosleep(&a_while, NULL);
    }
    const uint64_t at = row;
    if (at < in->n) answer(out, at, speaks(in->names[at]));
  }
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
