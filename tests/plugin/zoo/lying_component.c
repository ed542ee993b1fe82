/* SPDX-License-Identifier: 0BSD */
/* Says that its component ends before its create. */
#define ZOO_COMPONENT_SIZE 8
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
