/* SPDX-License-Identifier: 0BSD */
/* Cannot be created. */
#include "zoo.h"

static ZOO_CREATE(create) {
  const sbn_str why = STR("no luck today");
  (void)host, (void)settings, (void)self;
  if (err != NULL) {
    err->msg_len = (uint32_t)why.len;
    memcpy(err->msg, why.data, why.len);
  }
  return SBN_E_INTERNAL;
}

ZOO_WITH_CREATE(create);
