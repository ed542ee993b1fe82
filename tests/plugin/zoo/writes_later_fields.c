/* SPDX-License-Identifier: 0BSD */
/* Clears its output by the size it was told, fields of a later host included. */
#include "zoo.h"

static ZOO_DETECT(detect) {
  if (out->struct_size > sizeof(*out)) {
    memset((char*)out + sizeof(*out), 0, out->struct_size - sizeof(*out));
  }
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
