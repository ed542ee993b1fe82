/* SPDX-License-Identifier: 0BSD */
/* Opens a file and forgets it. */
#include <fcntl.h>

#include "zoo.h"

static ZOO_CREATE(create) {
  (void)!open("/dev/null", O_RDONLY);
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
