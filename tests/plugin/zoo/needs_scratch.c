/* SPDX-License-Identifier: 0BSD */
/* Takes memory for granted. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  volatile char* memory = call->scratch(call, 4096, 8);
  memory[0] = 1;
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
