/* SPDX-License-Identifier: 0BSD */
/* Ends the process from a thread of its own, while nobody is calling it. */
#include <pthread.h>
#include <unistd.h>

#include "zoo.h"

static void* give_up(void* arg) {
  usleep(20000);
  if (arg == NULL) abort();
  return arg;
}
static ZOO_DETECT(detect) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, give_up, NULL) == 0) pthread_detach(thread);
  return honest_detect(self, call, in, out, err);
}

ZOO_WITH_DETECT(detect);
