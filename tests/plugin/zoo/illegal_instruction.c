/* SPDX-License-Identifier: 0BSD */
/* Runs what the machine does not know. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  __builtin_trap();
}

ZOO_WITH_DETECT(detect);
