/* SPDX-License-Identifier: 0BSD */
/* Its instances have one memory, which the first that ends takes along. */
#include "zoo.h"

static char* memory;

static ZOO_CREATE(create) {
  if (memory == NULL) memory = calloc(1, 1);
  return honest_create(host, settings, self, err);
}
static ZOO_DESTROY(destroy) {
  (void)self;
  free(memory);
  memory = NULL;
}
static ZOO_DETECT(detect) {
  if (memory == NULL) return SBN_E_INTERNAL;
  return honest_detect(self, call, in, out, err);
}

ZOO_DETECTOR(create, honest_types, detect, NULL, destroy);
