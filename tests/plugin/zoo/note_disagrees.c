/* SPDX-License-Identifier: 0BSD */
/* Its note tells another version than its descriptor. */
#define ZOO_NOTE_VERSION "2.0.0"
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
