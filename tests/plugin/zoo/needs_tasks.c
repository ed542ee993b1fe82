/* SPDX-License-Identifier: 0BSD */
/* Takes an optional column for granted. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, in->tasks[i].len == 1000);
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
