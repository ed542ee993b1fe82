/* SPDX-License-Identifier: 0BSD */
/* Somebody took its identity note away. */
#define ZOO_NO_NOTE
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
