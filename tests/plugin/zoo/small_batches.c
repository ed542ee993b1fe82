/* SPDX-License-Identifier: 0BSD */
/* Has room for a thousand rows and does not look. */
#include <sys/mman.h>

#include "zoo.h"

#define ROOM 1024
static int* rows; /* behind them lies a page that is nobody's, wherever the loader puts the rest */

static ZOO_CREATE(create) {
  const size_t bytes = ROOM * sizeof(int);
  if (rows == NULL) {
    const int how = MAP_PRIVATE | MAP_ANONYMOUS;
    char* map = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, how, -1, 0);
    if ((void*)map == MAP_FAILED) return SBN_E_NOMEM;
    if (mprotect(map + bytes, bytes, PROT_NONE) != 0) return SBN_E_NOMEM;
    rows = (int*)map;
  }
  return honest_create(host, settings, self, err);
}
static ZOO_DETECT(detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) rows[i] = speaks(in->names[i]);
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, rows[i]);
  return SBN_OK;
}

ZOO_DETECTOR(create, honest_types, detect, NULL, honest_destroy);
