/* SPDX-License-Identifier: 0BSD */
/* Changes where the process stands. */
#include <unistd.h>

#include "zoo.h"

static ZOO_CREATE(create) {
  (void)!chdir("/");
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
