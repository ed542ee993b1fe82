/* SPDX-License-Identifier: 0BSD */
/* Names that begin with "whisper" are audio models. */
#include <string.h>
#include <subnet/detector.h>

#define STR(text) {text, sizeof(text) - 1}

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

static sbn_status create(const sbn_host *host, sbn_str settings, void **self, sbn_error *err) {
  (void)host, (void)settings, (void)err;
  *self = (void *)&slots; /* no state */
  return SBN_OK;
}
static void destroy(void *self) { (void)self; }

static const void *extension(sbn_str id) {
  (void)id;
  return NULL;
}

static const sbn_component components[] = {
    {sizeof(sbn_component), SBN_F_CONCURRENT | SBN_F_DETERMINISTIC, STR(SBN_KIND_DETECTOR),
     STR("my_plugin"), STR("Speech models by the start of the namespace"),
     STR("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"), &slots, create,
     destroy}};

static const sbn_plugin plugin = {sizeof(sbn_plugin), sizeof(sbn_component), SBN_ABI_MAJOR,
                                  SBN_ABI_MINOR,      SBN_MIN_HOST_MINOR,    0,
                                  STR("example.my_plugin"), STR("1.0.0"), STR("example"),
                                  components,         1,                     extension};

SBN_NOTE("example.my_plugin", "1.0.0");

SBN_EXPORT const sbn_plugin *sbn_plugin_entry_v1(const sbn_host *host, sbn_error *err);
const sbn_plugin *sbn_plugin_entry_v1(const sbn_host *host, sbn_error *err) {
  (void)host, (void)err;
  return &plugin;
}
