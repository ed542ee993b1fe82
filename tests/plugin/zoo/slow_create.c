/* SPDX-License-Identifier: 0BSD */
/* Takes its time before it serves. */
#include <unistd.h>

#include "zoo.h"

static ZOO_CREATE(create) {
  sleep(120);
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
