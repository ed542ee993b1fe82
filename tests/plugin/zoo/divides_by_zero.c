/* SPDX-License-Identifier: 0BSD */
/* Raises SIGFPE. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  volatile int none = 0;
  (void)self, (void)call, (void)in, (void)out, (void)err;
  return 7 / none;
}

ZOO_WITH_DETECT(detect);
