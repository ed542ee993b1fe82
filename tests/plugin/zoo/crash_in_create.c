/* SPDX-License-Identifier: 0BSD */
/* Dies while it is created. */
#include "zoo.h"

static ZOO_CREATE(create) {
  (void)host, (void)settings, (void)self, (void)err;
  *(volatile int*)8 = 1;
  return SBN_OK;
}

ZOO_WITH_CREATE(create);
