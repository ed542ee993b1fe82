/* SPDX-License-Identifier: 0BSD */
/* Goes on after destroy. */
#include <pthread.h>
#include <unistd.h>

#include "zoo.h"

static void* rest(void* arg) {
  for (;;) pause();
  return arg;
}
static ZOO_CREATE(create) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, rest, NULL) == 0) pthread_detach(thread);
  return honest_create(host, settings, self, err);
}

ZOO_WITH_CREATE(create);
