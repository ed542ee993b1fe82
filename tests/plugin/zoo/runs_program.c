/* SPDX-License-Identifier: 0BSD */
/* Asks a shell. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)!system("true");
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
