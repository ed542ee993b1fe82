/* SPDX-License-Identifier: 0BSD */
/* Makes the stacks of the whole process executable. */
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
