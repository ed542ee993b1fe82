/* SPDX-License-Identifier: 0BSD */
/* Exports a symbol that another library might be bound to. */
#include "zoo.h"

SBN_EXPORT int sbn_plugin_entry_v1_besides(void);
int sbn_plugin_entry_v1_besides(void) { return 1; }

ZOO_WITH_DETECT(honest_detect);
