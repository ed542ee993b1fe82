/* SPDX-License-Identifier: 0BSD */
/* Looks at a name after its call is over. */
#include "zoo.h"

static const volatile char* kept;

static ZOO_DETECT(detect) {
  const int changed = kept != NULL && *kept == '!';
  if (in->n > 0) kept = in->names[0].data;
  return changed ? SBN_E_INTERNAL : honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
