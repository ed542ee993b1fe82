/* SPDX-License-Identifier: 0BSD */
/* Declares one type twice. */
#include "zoo.h"

static const sbn_str twins[] = {STR("speech"), STR("speech")};
static ZOO_TYPES(types) {
  (void)self;
  *out = twins;
  return 2;
}

ZOO_DETECTOR(honest_create, types, honest_detect, NULL, honest_destroy);
