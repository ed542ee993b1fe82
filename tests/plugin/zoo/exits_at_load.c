/* SPDX-License-Identifier: 0BSD */
/* Ends the process in a constructor. */
#include "zoo.h"

__attribute__((constructor)) static void leave(void) { exit(0); }

ZOO_WITH_DETECT(honest_detect);
