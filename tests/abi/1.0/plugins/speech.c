/* SPDX-License-Identifier: 0BSD */
/* A detector: names that begin with "whisper" are audio models. */
#include "archived.h"

static const sbn_str types[] = {STR("audio_processing")};

static uint64_t list_types(const void *self, const sbn_str **out) {
  (void)self;
  *out = types;
  return 1;
}

static sbn_status detect(void *self, const sbn_call *call, const sbn_detect_in *in,
                         sbn_detect_out *out, sbn_error *err) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) {
    const sbn_str name = in->names[i];
    const int speech = name.len >= 7 && memcmp(name.data, "whisper", 7) == 0;
    out->type[i] = speech ? 1 : 0;
    out->confidence_ppm[i] = speech ? 950000 : 0;
    out->runner_up[i] = 0;
    out->row_flags[i] = 0;
  }
  return SBN_OK;
}

static sbn_status explain(void *self, const sbn_call *call, sbn_str name, sbn_sink sink,
                          sbn_error *err) {
  static const sbn_str text = STR("names that begin with \"whisper\" are audio models");
  (void)self, (void)call, (void)name, (void)err;
  sink.write(sink.ctx_host, text);
  return SBN_OK;
}

static const sbn_detector slots = {sizeof(sbn_detector), 0, list_types, detect, explain};

ARCHIVED("speech", SBN_KIND_DETECTOR, slots);
