/* SPDX-License-Identifier: 0BSD */
/* Dies where it should say a line. */
#include "zoo.h"

static ZOO_EXPLAIN(explain) {
  (void)self, (void)call, (void)text, (void)sink, (void)err;
  return ((volatile sbn_status*)NULL)[0];
}

ZOO_DETECTOR(honest_create, honest_types, honest_detect, explain, honest_destroy);
