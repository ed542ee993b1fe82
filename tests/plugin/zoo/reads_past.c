/* SPDX-License-Identifier: 0BSD */
/* Takes names for C strings. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) {
    const char* name = in->names[i].data;
    answer(out, i, in->names[i].len > 0 && strlen(name) > in->names[i].len + 1000);
  }
  return SBN_OK;
}

ZOO_WITH_DETECT(detect);
