/* SPDX-License-Identifier: 0BSD */
/* Keeps what it took in each call. */
#include "zoo.h"

static void* volatile last;

static ZOO_DETECT(detect) {
  last = malloc(1000);
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
