/* SPDX-License-Identifier: 0BSD */
/* Writes where nothing is. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  *(volatile int*)8 = 1;
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
