/* SPDX-License-Identifier: 0BSD */
/* Built for an ABI that this host does not speak. */
#define ZOO_MAJOR 2
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
