/* SPDX-License-Identifier: 0BSD */
/* Answers a type that it never declared. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  const sbn_status status = honest_detect(self, call, in, out, err);
  for (uint64_t i = 0; i < in->n; ++i) out->type[i] = 99;
  return status;
}

ZOO_WITH_DETECT(detect);
