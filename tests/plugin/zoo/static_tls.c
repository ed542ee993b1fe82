/* SPDX-License-Identifier: 0BSD */
/* Takes of the few bytes of thread memory that are there for early libraries. */
#include "zoo.h"

static __thread int calls __attribute__((tls_model("initial-exec")));

static ZOO_DETECT(detect) {
  ++calls;
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
