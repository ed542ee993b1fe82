/* SPDX-License-Identifier: 0BSD */
/* Says that its table ends before detect. */
#define ZOO_TABLE_SIZE 16
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
