/* SPDX-License-Identifier: 0BSD */
/* Leaves its table of functions writable. */
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
