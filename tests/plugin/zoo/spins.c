/* SPDX-License-Identifier: 0BSD */
/* Never comes back. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  for (volatile int i = 0;; ++i) {
  }
}

ZOO_WITH_DETECT(detect);
