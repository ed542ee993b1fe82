/* SPDX-License-Identifier: 0BSD */
/* What a plugin of the zoo is made of: a detector that keeps every rule, of which each file here
 * puts one part of its own in place. ZOO_ID is the file's name. */
#ifndef SUBNETD_TESTS_PLUGIN_ZOO_H
#define SUBNETD_TESTS_PLUGIN_ZOO_H

#include <stdlib.h>
#include <string.h>
#include <subnet/abi.h>
#include <subnet/detector.h>
#include <subnet/host.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>

#define STR(text) {text, sizeof(text) - 1}
#define VISIT(text) ((sbn_str)STR(text))

#ifndef ZOO_FLAGS
#define ZOO_FLAGS SBN_F_DETERMINISTIC
#endif
#ifndef ZOO_SCHEMA
#define ZOO_SCHEMA "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}"
#endif
#ifndef ZOO_MAJOR
#define ZOO_MAJOR SBN_ABI_MAJOR
#endif
#ifndef ZOO_NOTE_VERSION
#define ZOO_NOTE_VERSION "1.0.0"
#endif
#ifndef ZOO_PLUGIN_SIZE
#define ZOO_PLUGIN_SIZE sizeof(sbn_plugin)
#endif
#ifndef ZOO_COMPONENT_SIZE
#define ZOO_COMPONENT_SIZE sizeof(sbn_component)
#endif
#ifndef ZOO_STRIDE
#define ZOO_STRIDE sizeof(sbn_component)
#endif
#ifndef ZOO_COUNT
#define ZOO_COUNT 1
#endif
#ifndef ZOO_TABLE_SIZE
#define ZOO_TABLE_SIZE sizeof(sbn_detector)
#endif

#define ZOO_CREATE(name)                                                                          \
  sbn_status name(const sbn_host* host, sbn_str settings, void** self, sbn_error* err)
#define ZOO_DESTROY(name) void name(void* self)
#define ZOO_TYPES(name) uint64_t name(const void* self, const sbn_str** out)
#define ZOO_DETECT(name)                                                                          \
  sbn_status name(void* self, const sbn_call* call, const sbn_detect_in* in,                      \
                  sbn_detect_out* out, sbn_error* err)
#define ZOO_EXPLAIN(name)                                                                         \
  sbn_status name(void* self, const sbn_call* call, sbn_str text, sbn_sink sink,                  \
                  sbn_error* err)

static inline ZOO_CREATE(honest_create) {
  (void)host, (void)settings, (void)err;
  *self = NULL;
  return SBN_OK;
}
static inline ZOO_DESTROY(honest_destroy) { (void)self; }

static const sbn_str honest_list[] = {STR("speech")};
static inline ZOO_TYPES(honest_types) {
  (void)self;
  *out = honest_list;
  return 1;
}

static inline int speaks(sbn_str name) {
  return name.len >= 7 && memcmp(name.data, "whisper", 7) == 0;
}
static inline void answer(sbn_detect_out* out, uint64_t row, int speech) {
  out->type[row] = speech ? 1 : 0;
  out->confidence_ppm[row] = speech ? 950000 : 0;
  out->runner_up[row] = 0;
  out->row_flags[row] = 0;
}
static inline ZOO_DETECT(honest_detect) {
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) answer(out, i, speaks(in->names[i]));
  return SBN_OK;
}

static inline const void* honest_extension(sbn_str id) {
  (void)id;
  return NULL;
}

#if !defined(ZOO_NO_NOTE)
__attribute__((section(SBN_NOTE_SECTION), used,
               aligned(4))) SBN_NOTE_PLAIN static const sbn_note_section zoo_note = {
    8u, (uint32_t)sizeof(sbn_note), SBN_NOTE_TYPE, SBN_NOTE_OWNER,
    {ZOO_MAJOR, SBN_ABI_MINOR, SBN_MIN_HOST_MINOR, 0u, "zoo." ZOO_ID, ZOO_NOTE_VERSION}};
#endif

#ifndef ZOO_EXTENSION
#define ZOO_EXTENSION honest_extension
#endif

#define ZOO_DESCRIPTOR(kind_text, table, create, destroy)                                         \
  static const sbn_component components[] = {{ZOO_COMPONENT_SIZE, ZOO_FLAGS, STR(kind_text),      \
                                              STR(ZOO_ID), STR("Of the zoo"), STR(ZOO_SCHEMA),    \
                                              &table, create, destroy}};                          \
  static const sbn_plugin plugin = {ZOO_PLUGIN_SIZE, ZOO_STRIDE, ZOO_MAJOR, SBN_ABI_MINOR,        \
                                    SBN_MIN_HOST_MINOR, 0, STR("zoo." ZOO_ID), STR("1.0.0"),      \
                                    STR("zoo"), components, ZOO_COUNT, ZOO_EXTENSION}

#ifdef __cplusplus
#define ZOO_C extern "C"
#else
#define ZOO_C
#endif
#define ZOO_ENTRY(body)                                                                           \
  ZOO_C SBN_EXPORT const sbn_plugin* sbn_plugin_entry_v1(const sbn_host*, sbn_error*);            \
  const sbn_plugin* sbn_plugin_entry_v1(const sbn_host* host, sbn_error* err) {                   \
    (void)host, (void)err;                                                                        \
    body;                                                                                         \
    return &plugin;                                                                               \
  }                                                                                               \
  typedef int zoo_ends_here

#define ZOO_DETECTOR(create, types, detect, explain, destroy)                                     \
  static const sbn_detector slots = {ZOO_TABLE_SIZE, 0, types, detect, explain};                  \
  ZOO_DESCRIPTOR(SBN_KIND_DETECTOR, slots, create, destroy);                                      \
  ZOO_ENTRY((void)0)
#define ZOO_WITH_DETECT(detect)                                                                   \
  ZOO_DETECTOR(honest_create, honest_types, detect, NULL, honest_destroy)
#define ZOO_WITH_CREATE(create)                                                                   \
  ZOO_DETECTOR(create, honest_types, honest_detect, NULL, honest_destroy)

#endif
