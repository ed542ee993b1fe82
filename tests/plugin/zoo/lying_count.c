/* SPDX-License-Identifier: 0BSD */
/* Has one component and says that there are a thousand. */
#define ZOO_COUNT 1000
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
