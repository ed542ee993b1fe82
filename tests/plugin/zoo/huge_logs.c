/* SPDX-License-Identifier: 0BSD */
/* Says a great deal about every row. */
#include "zoo.h"

static ZOO_CREATE(create) {
  *self = (void*)host;
  (void)settings, (void)err;
  return SBN_OK;
}
static ZOO_DETECT(detect) {
  static char line[64 * 1024];
  const sbn_host* host = self;
  memset(line, 'z', sizeof(line));
  for (uint64_t i = 0; i < 1000 + in->n; ++i) {
    host->log(host->ctx_host, SBN_LOG_INFO, (sbn_str){line, sizeof(line)});
  }
  return honest_detect(self, call, in, out, err);
}

ZOO_DETECTOR(create, honest_types, detect, NULL, honest_destroy);
