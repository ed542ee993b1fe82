/* SPDX-License-Identifier: 0BSD */
/* Does not hold the case that lies beside it. */
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
