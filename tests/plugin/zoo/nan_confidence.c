/* SPDX-License-Identifier: 0BSD */
/* Its confidence is no number before it is made one. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  volatile double none = 0;
  const sbn_status status = honest_detect(self, call, in, out, err);
  for (uint64_t i = 0; i < in->n; ++i) {
    out->type[i] = 1;
    out->confidence_ppm[i] = (uint32_t)(int64_t)(none / none);
    if (out->confidence_ppm[i] == 0) out->confidence_ppm[i] = 0x80000000u;
  }
  return status;
}

ZOO_WITH_DETECT(detect);
