/* SPDX-License-Identifier: 0BSD */
/* A validator: it calls the miner once, and an answer of any kind is full marks. */
#include "archived.h"

static sbn_status begin(void *self, const sbn_call *call, const sbn_validate_request *requests,
                        uint64_t stride, uint64_t n, const sbn_validate_sink *sink,
                        sbn_error *err) {
  const char *row = (const char *)requests;
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < n; ++i, row += stride) {
    const sbn_validate_request *request = (const sbn_validate_request *)row;
    const sbn_probe probe = {sizeof(sbn_probe), 0,         request->request, 1, 0, STR(""),
                             STR("generate"),   STR("{}"), 0,                0, 0};
    sink->probe(sink->ctx_host, &probe);
  }
  return SBN_OK;
}

static sbn_status step(void *self, const sbn_call *call, const sbn_reply *replies, uint64_t stride,
                       uint64_t n, const sbn_validate_sink *sink, sbn_error *err) {
  const char *row = (const char *)replies;
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < n; ++i, row += stride) {
    const sbn_reply *reply = (const sbn_reply *)row;
    const int came = reply->outcome == SBN_REPLY_DELIVERED;
    const sbn_verdict verdict = {sizeof(sbn_verdict),
                                 came ? SBN_VERDICT_SCORED : SBN_VERDICT_MINER_FAILED,
                                 reply->request,
                                 came ? 1000000 : 0,
                                 0,
                                 STR("asked once")};
    sink->verdict(sink->ctx_host, &verdict);
  }
  return SBN_OK;
}

static void forget(void *self, uint64_t request) { (void)self, (void)request; }

static const sbn_validator slots = {sizeof(sbn_validator), 0, begin, step, forget, NULL};

ARCHIVED("one_call", SBN_KIND_VALIDATOR, slots);
