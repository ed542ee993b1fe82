/* SPDX-License-Identifier: 0BSD */
/* Its settings schema says what no host understands. */
#define ZOO_SCHEMA "{\"pattern\":\"x\"}"
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
