/* SPDX-License-Identifier: 0BSD */
/* A validator plugin that gives every request up when it is told to forget one. */
#include "zoo.h"

static int over;

static sbn_status begin(void* self, const sbn_call* call, const sbn_validate_request* requests,
                        uint64_t stride, uint64_t n, const sbn_validate_sink* sink,
                        sbn_error* err) {
  const char* row = (const char*)requests;
  (void)self, (void)call, (void)err;
  over = 0;
  for (uint64_t i = 0; i < n; ++i, row += stride) {
    const sbn_probe probe = {sizeof(sbn_probe), 0,
                             ((const sbn_validate_request*)row)->request, 7, 0, STR(""),
                             STR("generate"), STR("{}"), 0, 0, 0};
    sink->probe(sink->ctx_host, &probe);
  }
  return SBN_OK;
}

static sbn_status step(void* self, const sbn_call* call, const sbn_reply* replies, uint64_t stride,
                       uint64_t n, const sbn_validate_sink* sink, sbn_error* err) {
  const char* row = (const char*)replies;
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < n; ++i, row += stride) {
    const sbn_reply* reply = (const sbn_reply*)row;
    const sbn_verdict verdict = {
        sizeof(sbn_verdict), over ? SBN_VERDICT_MINER_FAILED : SBN_VERDICT_SCORED, reply->request,
        over ? 0 : 1000000,  0,                                                    STR("zoo")};
    sink->verdict(sink->ctx_host, &verdict);
  }
  return SBN_OK;
}

static void forget(void* self, uint64_t request) {
  (void)self, (void)request;
  over = 1;
}

static const sbn_validator slots = {sizeof(sbn_validator), 0, begin, step, forget, NULL};
ZOO_DESCRIPTOR(SBN_KIND_VALIDATOR, slots, honest_create, honest_destroy);
ZOO_ENTRY((void)0);
