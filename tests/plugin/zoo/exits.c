/* SPDX-License-Identifier: 0BSD */
/* Ends the process, politely. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  exit(0);
}

ZOO_WITH_DETECT(detect);
