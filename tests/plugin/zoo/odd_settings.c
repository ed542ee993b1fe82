/* SPDX-License-Identifier: 0BSD */
/* Its schema allows a level that it has no room for. */
#define ZOO_SCHEMA                                                                               \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"level\":{\"type\":"     \
  "\"integer\",\"minimum\":0,\"maximum\":9,\"default\":3}}}"
#include "zoo.h"

static ZOO_CREATE(create) {
  (void)host, (void)self, (void)err;
  for (uint64_t i = 0; i < settings.len; ++i) {
    if (settings.data[i] == '9') *(volatile int *)8 = 1;
  }
  return SBN_OK;
}

ZOO_WITH_CREATE(create);
