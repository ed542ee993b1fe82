/* SPDX-License-Identifier: 0BSD */
/* Answers by where a name stands in the batch. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, i % 3 == 0);
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
