/* SPDX-License-Identifier: 0BSD */
/* Writes its error wherever it should go. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  err->msg_len = 0;
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
