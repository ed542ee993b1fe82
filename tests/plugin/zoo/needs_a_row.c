/* SPDX-License-Identifier: 0BSD */
/* Takes it that nobody asks nothing. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  if (in->n == 0) return SBN_E_INVALID;
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
