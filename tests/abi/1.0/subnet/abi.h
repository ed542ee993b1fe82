/* SPDX-License-Identifier: 0BSD */
/* The core of the subnet plugin ABI, version 1.0: what every plugin kind shares.
 *
 * A plugin is one shared library, NAME.sbn.so, with exactly one exported symbol,
 * sbn_plugin_entry_v1, and one ELF note (owner "subnetd") that is read before any of its code runs.
 * Rules that hold everywhere:
 *  - Growable structs begin with struct_size, set by the side that made them. Read a field only
 *    under SBN_HAS. Fields are only ever appended. Arrays of growable structs travel with a stride.
 *  - sbn_str, sbn_sink, sbn_error, sbn_note and the event and move rows are frozen for the major.
 *  - Inputs are borrowed for the call. Outputs go to buffers of the host. Nothing allocated on one
 *    side is freed on the other. Padding and unused flag bits are zero.
 *  - Thread tags: [control] one thread at a time for create, destroy; [call] any thread, at most
 * one at a time per instance unless SBN_F_CONCURRENT; [any] thread-safe.
 *  - No slot lets an exception out. Strings are UTF-8, not NUL-terminated.
 */
#ifndef SUBNET_ABI_H
#define SUBNET_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SBN_ABI_MAJOR 1
#define SBN_ABI_MINOR 0
/* The oldest host minor this plugin can live with; define before including to raise it. */
#ifndef SBN_MIN_HOST_MINOR
#define SBN_MIN_HOST_MINOR 0
#endif

#define SBN_HAS(ptr, field) \
  (offsetof(__typeof__(*(ptr)), field) + sizeof((ptr)->field) <= (ptr)->struct_size)

/* ---- values ------------------------------------------------------------------------------- */

/* Borrowed text or bytes. data may be NULL only when len is 0. Frozen. */
typedef struct sbn_str {
  const char* data;
  uint64_t len;
} sbn_str;

/* Zero or positive: not a failure. Negative: a failure. */
typedef int32_t sbn_status;
#define SBN_OK 0
#define SBN_SKIP 1         /* not mine */
#define SBN_E_INVALID (-1) /* the host passed something it must not */
#define SBN_E_UNSUPPORTED (-2)
#define SBN_E_CONFIG (-3) /* a setting is wrong; the message names it */
#define SBN_E_NOMEM (-4)
#define SBN_E_LIMIT (-5) /* an output buffer is too small; the needed count is written */
#define SBN_E_TIMEOUT (-6)
#define SBN_E_CANCELLED (-7)
#define SBN_E_REMOTE (-8) /* the peer was bad: never counted against the plugin */
#define SBN_E_BUSY (-9)
#define SBN_E_INTERNAL (-100) /* the plugin was bad: an exception or a broken invariant */

#define SBN_ERROR_RETRYABLE 1u /* reserved: no host of 1.0 reads it; the status says what to do */
#define SBN_ERROR_FATAL_TO_INSTANCE 2u /* with a failure: the host calls this instance no more */

/* 512 bytes on the caller's stack; a slot may be given NULL. Frozen. */
typedef struct sbn_error {
  uint32_t struct_size;
  sbn_status code;
  uint32_t flags;
  uint32_t msg_len; /* bytes used of msg; not NUL-terminated */
  char msg[496];
} sbn_error;

/* A host-owned place for text; write copies. Frozen. */
typedef struct sbn_sink {
  void* ctx_host;
  void (*write)(void* ctx_host, sbn_str text);
} sbn_sink;

/* One call into a plugin. */
typedef struct sbn_call {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t call_id;
  int64_t now_ms;       /* the frozen clock: UTC milliseconds of the engine, the same on replay */
  uint64_t deadline_ns; /* monotonic; 0 none. Reserved: a host of 1.0 always sets 0 */
  uint64_t seed;        /* of the counter-based generator for this call */
  /* Memory for temporaries, freed by the host after it has read the outputs; NULL when exhausted.
   * From the thread of the call alone: never from a body of subnet.executor/1. */
  void* (*scratch)(const struct sbn_call* call, uint64_t bytes, uint64_t align);
  void* scratch_host;
} sbn_call;

/* ---- host --------------------------------------------------------------------------------- */

#define SBN_LOG_DEBUG 1
#define SBN_LOG_INFO 2
#define SBN_LOG_WARN 3
#define SBN_LOG_ERROR 4

/* One per plugin instance; valid from create until destroy returns. */
typedef struct sbn_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* ctx_host;
  const int32_t* log_level; /* check before formatting */
  /* [any] The host adds the instance's id and limits the rate. */
  void (*log)(void* ctx_host, int32_t level, sbn_str message);
  /* [any] A service table of host.h, or NULL when this host has none of that id. */
  const void* (*service)(void* ctx_host, sbn_str id);
} sbn_host;

/* ---- descriptor --------------------------------------------------------------------------- */

#define SBN_F_CONCURRENT 1u    /* hot slots of one instance may run on several threads at once */
#define SBN_F_DETERMINISTIC 2u /* same input, same bits; every detector, matcher and emission is \
                                */
#define SBN_F_JUDGES_ALONE \
  4u /* validator: asks no validator node; its verdicts are the daemon's own */
/* Bits 16 to 31 must be understood by the host, or the component is refused. */
#define SBN_F_MUST_UNDERSTAND 0xffff0000u

typedef struct sbn_component {
  uint32_t struct_size;
  uint32_t flags;
  sbn_str kind;          /* "subnet.detector/1", "subnet.matcher/1", … */
  sbn_str id;            /* the part behind the slash of vendor.plugin/component */
  sbn_str summary;       /* one line for people */
  sbn_str config_schema; /* JSON Schema of the settings; the host validates and fills defaults */
  const void* vtable;    /* the table of that kind */
  /* [control] settings: canonical JSON, valid by the schema, defaults filled in. */
  sbn_status (*create)(const sbn_host* host, sbn_str settings, void** self, sbn_error* err);
  /* [control] After this no slot is called. */
  void (*destroy)(void* self);
} sbn_component;

typedef struct sbn_plugin {
  uint32_t struct_size;
  uint32_t component_stride; /* bytes from one component to the next */
  uint16_t abi_major;
  uint16_t abi_minor;
  uint16_t min_host_minor;
  uint16_t reserved;
  sbn_str id;      /* "vendor.plugin" */
  sbn_str version; /* semantic version of the plugin */
  sbn_str vendor;
  const sbn_component* components;
  uint64_t component_count;
  /* [any] NULL, or the table of an extension id, or NULL for an unknown one. */
  const void* (*extension)(sbn_str id);
} sbn_plugin;

/* The one exported symbol. Does no work; returns a static descriptor, or NULL and err. [control] */
typedef const sbn_plugin* (*sbn_plugin_entry)(const sbn_host* host, sbn_error* err);
#define SBN_ENTRY_NAME "sbn_plugin_entry_v1"

/* ---- identity note ------------------------------------------------------------------------ */

#define SBN_NOTE_OWNER "subnetd"
#define SBN_NOTE_TYPE 1u
#define SBN_NOTE_SECTION ".note.subnetd"

/* The payload of the ELF note. id and version are NUL-padded. Frozen. */
typedef struct sbn_note {
  uint16_t abi_major;
  uint16_t abi_minor;
  uint16_t min_host_minor;
  uint16_t flags;
  char id[64];
  char version[24];
} sbn_note;

typedef struct sbn_note_section {
  uint32_t name_size;
  uint32_t payload_size;
  uint32_t type;
  char owner[8];
  sbn_note payload;
} sbn_note_section;

#if defined(__GNUC__)
#define SBN_EXPORT __attribute__((visibility("default")))
#if defined(__clang__) /* AddressSanitizer would lengthen the section */
#define SBN_NOTE_PLAIN __attribute__((no_sanitize("address")))
#else
#define SBN_NOTE_PLAIN
#endif
/* Emits the note; use once, in C. The C++ layer's SUBNET_PLUGIN does it for you. */
#define SBN_NOTE(id_text, version_text)                                                     \
  SBN_NOTE_PLAIN                                                                            \
      __attribute__((section(SBN_NOTE_SECTION), used,                                       \
                     aligned(4))) static const sbn_note_section sbn_note_of_this_plugin = { \
          8u,                                                                               \
          (uint32_t)sizeof(sbn_note),                                                       \
          SBN_NOTE_TYPE,                                                                    \
          SBN_NOTE_OWNER,                                                                   \
          {SBN_ABI_MAJOR, SBN_ABI_MINOR, SBN_MIN_HOST_MINOR, 0u, id_text, version_text}}
#endif

#ifdef __cplusplus
}
#define SBN_STATIC_ASSERT static_assert
#else
#define SBN_STATIC_ASSERT _Static_assert
#endif

SBN_STATIC_ASSERT(sizeof(sbn_str) == 16, "frozen");
SBN_STATIC_ASSERT(sizeof(sbn_error) == 512, "frozen");
SBN_STATIC_ASSERT(sizeof(sbn_note) == 96, "frozen");
SBN_STATIC_ASSERT(sizeof(sbn_note_section) == 116, "frozen");
SBN_STATIC_ASSERT(offsetof(sbn_call, scratch) == 40, "no padding");
SBN_STATIC_ASSERT(sizeof(sbn_host) == 40, "no padding");
SBN_STATIC_ASSERT(sizeof(sbn_component) == 96, "no padding");
SBN_STATIC_ASSERT(sizeof(sbn_plugin) == 88, "no padding");

#endif
