// SPDX-License-Identifier: 0BSD
// Lets an exception out of a call.
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  throw 7;
}

ZOO_WITH_DETECT(detect);
