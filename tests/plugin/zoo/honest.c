/* SPDX-License-Identifier: 0BSD */
/* Keeps every rule; one copy of it is cut short after it was built. */
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
