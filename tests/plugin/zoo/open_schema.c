/* SPDX-License-Identifier: 0BSD */
/* Takes whatever settings somebody mistyped. */
#define ZOO_SCHEMA "{\"type\":\"object\"}"
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
