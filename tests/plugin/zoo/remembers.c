/* SPDX-License-Identifier: 0BSD */
/* Answers by how often it was asked. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  static int calls;
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, ++calls % 2);
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
