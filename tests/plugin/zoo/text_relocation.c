/* SPDX-License-Identifier: 0BSD */
/* The loader has to write into its code. */
#include "zoo.h"

__asm__(
    ".text\n"
    ".globl zoo_table\n"
    ".hidden zoo_table\n"
    "zoo_table: .quad zoo_table\n");

ZOO_WITH_DETECT(honest_detect);
