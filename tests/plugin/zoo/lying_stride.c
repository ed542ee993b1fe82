/* SPDX-License-Identifier: 0BSD */
/* Its components would lie on odd addresses. */
#define ZOO_STRIDE 97
#include "zoo.h"

ZOO_WITH_DETECT(honest_detect);
