/* SPDX-License-Identifier: 0BSD */
/* Answers one row more than it was asked. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  for (uint64_t i = 0; i <= in->n; ++i) out->type[i] = 0;
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
