/* SPDX-License-Identifier: 0BSD */
/* Jumps out of a call into one that is long over. */
#include <setjmp.h>

#include "zoo.h"

static jmp_buf over;

static ZOO_TYPES(types) {
  (void)setjmp(over);
  return honest_types(self, out);
}
static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)in, (void)out, (void)err;
  longjmp(over, 1);
}

ZOO_DETECTOR(honest_create, types, detect, NULL, honest_destroy);
