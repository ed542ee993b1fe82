/* SPDX-License-Identifier: 0BSD */
/* Has a symbol that pins it, and that all of its versions share. */
#include "zoo.h"

__asm__(
    ".section .bss.zoo_unique,\"aw\",@nobits\n"
    ".globl sbn_plugin_entry_v9\n"
    ".type sbn_plugin_entry_v9, @gnu_unique_object\n"
    ".size sbn_plugin_entry_v9, 8\n"
    "sbn_plugin_entry_v9: .zero 8\n"
    ".text\n");

ZOO_WITH_DETECT(honest_detect);
