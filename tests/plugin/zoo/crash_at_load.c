/* SPDX-License-Identifier: 0BSD */
/* Dies in a constructor, before its entry point is asked. */
#include "zoo.h"

__attribute__((constructor)) static void die(void) { *(volatile int*)8 = 1; }

ZOO_WITH_DETECT(honest_detect);
