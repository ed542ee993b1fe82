/* SPDX-License-Identifier: 0BSD */
/* Catches the faults of the whole process. */
#include <signal.h>

#include "zoo.h"

static void swallow(int number) { (void)number; }

static ZOO_CREATE(create) {
  signal(SIGUSR2, swallow);
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
