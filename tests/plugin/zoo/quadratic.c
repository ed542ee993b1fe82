/* SPDX-License-Identifier: 0BSD */
/* Looks at every row for every row. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  volatile uint64_t seen = 0;
  for (uint64_t i = 0; i < in->n; ++i) {
    for (uint64_t k = 0; k < in->n; ++k) seen = seen + in->names[k].len;
  }
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
