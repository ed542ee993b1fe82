/* SPDX-License-Identifier: 0BSD */
/* Leaves every other row as it was. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; i += 2) answer(out, i, speaks(in->names[i]));
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
