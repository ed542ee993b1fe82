/* SPDX-License-Identifier: 0BSD */
/* Keeps what it took in create. */
#include "zoo.h"

static void* volatile last; /* the compiler may not leave the allocation out */

static ZOO_CREATE(create) {
  last = malloc(1000);
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
