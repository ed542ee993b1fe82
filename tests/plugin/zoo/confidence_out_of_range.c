/* SPDX-License-Identifier: 0BSD */
/* Is surer than sure. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  const sbn_status status = honest_detect(self, call, in, out, err);
  for (uint64_t i = 0; i < in->n; ++i) {
    if (out->type[i] != 0) out->confidence_ppm[i] = 1000001;
  }
  return status;
}

ZOO_WITH_DETECT(detect);
