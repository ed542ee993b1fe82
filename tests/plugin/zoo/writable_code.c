/* SPDX-License-Identifier: 0BSD */
/* Has memory that is both writable and executable. */
#include "zoo.h"

__asm__(
    ".section .zoo,\"awx\",@progbits\n"
    "zoo_code: .zero 64\n"
    ".text\n");

ZOO_WITH_DETECT(honest_detect);
