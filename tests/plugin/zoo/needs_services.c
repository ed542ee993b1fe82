/* SPDX-License-Identifier: 0BSD */
/* Takes every service of a host for granted. */
#include "zoo.h"

static ZOO_CREATE(create) {
  const sbn_metrics* metrics = host->service(host->ctx_host, VISIT(SBN_SERVICE_METRICS));
  uint32_t number;
  (void)settings, (void)err;
  *self = NULL;
  return metrics->define(host->ctx_host, SBN_METRIC_GAUGE, VISIT("zoo"), VISIT("Visitors."),
                         &number);
}

ZOO_WITH_CREATE(create);
