/* SPDX-License-Identifier: 0BSD */
/* Says that its descriptor ends before its components. */
#define ZOO_PLUGIN_SIZE 16
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
