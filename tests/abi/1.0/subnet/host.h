/* SPDX-License-Identifier: 0BSD */
/* Services a host offers to a plugin instance: sbn_host.service(ctx_host, id) returns one of these
 * tables or NULL. Every function takes the ctx_host of the same sbn_host. */
#ifndef SUBNET_HOST_H
#define SUBNET_HOST_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "subnet.settings/1": typed reading of the settings by dotted path. [any] Return SBN_OK, SBN_SKIP
 * when the path is absent, SBN_E_CONFIG when it holds another type. Strings live as long as the
 * instance. */
#define SBN_SERVICE_SETTINGS "subnet.settings/1"
typedef struct sbn_settings {
  uint32_t struct_size;
  uint32_t flags;
  sbn_status (*get_i64)(void* ctx_host, sbn_str path, int64_t* out);
  sbn_status (*get_f64)(void* ctx_host, sbn_str path, double* out);
  sbn_status (*get_bool)(void* ctx_host, sbn_str path, uint32_t* out);
  sbn_status (*get_str)(void* ctx_host, sbn_str path, sbn_str* out);
  /* Elements of an array, read as PATH.0, PATH.1, … */
  sbn_status (*get_count)(void* ctx_host, sbn_str path, uint64_t* out);
} sbn_settings;

/* "subnet.metrics/1": define in create only [control]; then add or set by number [any].
 * Shown as subnetd_plugin_<name>{plugin="…"}. */
#define SBN_SERVICE_METRICS "subnet.metrics/1"
#define SBN_METRIC_COUNTER 1u
#define SBN_METRIC_GAUGE 2u
typedef struct sbn_metrics {
  uint32_t struct_size;
  uint32_t flags;
  sbn_status (*define)(void* ctx_host, uint32_t type, sbn_str name, sbn_str help, uint32_t* number);
  void (*add)(void* ctx_host, uint32_t number, double value);
  void (*set)(void* ctx_host, uint32_t number, double value);
} sbn_metrics;

/* "subnet.rng/1": the counter-based generator. Bytes are a function of (call->seed, stream,
 * offset) and of nothing else. [any] */
#define SBN_SERVICE_RNG "subnet.rng/1"
typedef struct sbn_rng {
  uint32_t struct_size;
  uint32_t flags;
  void (*fill)(void* ctx_host, const sbn_call* call, uint64_t stream, uint64_t offset, void* out,
               uint64_t bytes);
} sbn_rng;

/* "subnet.executor/1": runs body(arg, i) for every i in [0, n), on threads of the host; returns
 * when all are done. A body may use everything of the host that is [any], and not call->scratch.
 * Plugins own no threads. Floating-point control bits are guarded on each.
 * [call] */
#define SBN_SERVICE_EXECUTOR "subnet.executor/1"
typedef struct sbn_executor {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t (*width)(void* ctx_host); /* how many run at once */
  void (*parallel_for)(void* ctx_host, uint64_t n, void (*body)(void* arg, uint64_t i), void* arg);
} sbn_executor;

#ifdef __cplusplus
}
#endif
#endif
