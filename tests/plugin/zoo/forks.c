/* SPDX-License-Identifier: 0BSD */
/* Leaves a second daemon behind. */
#include <unistd.h>

#include "zoo.h"

static ZOO_DETECT(detect) {
  const pid_t child = fork();
  if (child == 0) {
    sleep(3);
    _exit(0);
  }
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
