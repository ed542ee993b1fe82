/* SPDX-License-Identifier: 0BSD */
/* Has room for a thousand rows and does not look. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  static int rows[1000 * 64];
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) ((volatile int*)rows)[i * 64] = speaks(in->names[i]);
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, ((volatile int*)rows)[i * 64]);
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
