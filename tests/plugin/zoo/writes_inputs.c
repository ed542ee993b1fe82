/* SPDX-License-Identifier: 0BSD */
/* Cleans up the names that it was lent. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  for (uint64_t i = 0; i < in->n; ++i) {
    if (in->names[i].len > 0) ((char*)in->names[i].data)[0] |= 0x20;
  }
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
