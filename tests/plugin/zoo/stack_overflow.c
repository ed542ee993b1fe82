/* SPDX-License-Identifier: 0BSD */
/* Calls itself until there is no stack left. */
#include "zoo.h"

static __attribute__((noinline)) uint64_t deeper(volatile char* above, uint64_t n) {
  volatile char frame[4096];
  frame[n % sizeof(frame)] = above[0];
  return deeper(frame, n + 1) + (uint64_t)frame[0];
}
static ZOO_DETECT(detect) {
  volatile char first[1] = {1};
  (void)self, (void)call, (void)in, (void)out, (void)err;
  return (sbn_status)deeper(first, 0);
}

ZOO_WITH_DETECT(detect);
