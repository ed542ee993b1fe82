/* SPDX-License-Identifier: 0BSD */
/* Says that it is safe on several threads, and shares a counter. */
#define ZOO_FLAGS (SBN_F_DETERMINISTIC | SBN_F_CONCURRENT)
#include <sched.h>

#include "zoo.h"

static volatile uint64_t row;

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (row = 0; row < in->n; ++row) {
    const uint64_t at = row;
    sched_yield(); /* whoever else is in here moves the row */
    if (at < in->n) answer(out, at, speaks(in->names[at]));
  }
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
