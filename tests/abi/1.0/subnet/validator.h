/* SPDX-License-Identifier: 0BSD */
/* subnet.validator/1 (draft): how good was it? Sans-I/O: a validator plugin says what to send next
 * and is given what came back, until it gives a verdict. The host owns sockets, TLS, deadlines,
 * limits, retries, signing and addresses. A plugin keeps one session per request number, from begin
 * until its verdict or forget. */
#ifndef SUBNET_VALIDATOR_H
#define SUBNET_VALIDATOR_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SBN_KIND_VALIDATOR "subnet.validator/1"

/* Targets of a probe. */
#define SBN_TARGET_MINER 0u /* 1..k: the matched validators */

typedef struct sbn_validate_request {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t request;   /* the host's number for this session */
  sbn_str request_id; /* the same for people and peers, unique over restarts */
  sbn_str model_type;
  sbn_str name_space;
  sbn_str miner_protocol; /* "module", "openai", "classic" */
  sbn_str miner_method;   /* "generate" unless the node says otherwise */
  sbn_str miner_json;     /* the "miner" object of validation contract 1 */
  sbn_str challenge;      /* 32 random bytes */
  uint32_t validators;    /* how many validator targets there are; 0 for a plugin that needs none */
  uint32_t deadline_ms;   /* for the whole request, from now */
} sbn_validate_request;

typedef struct sbn_probe {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t request;
  uint32_t tag;             /* the plugin's own number, given back with the reply */
  uint32_t target;          /* SBN_TARGET_MINER or 1..validators */
  sbn_str protocol;         /* empty: the target's own */
  sbn_str method;           /* path behind /method/, or behind /v1/ for "openai" */
  sbn_str body;             /* JSON object: the params */
  uint64_t reply_bytes_max; /* 0: the host's limit */
  uint32_t deadline_ms;     /* 0: what is left of the request's */
  uint32_t reserved;
} sbn_probe;

/* How a probe ended. */
#define SBN_REPLY_DELIVERED 0 /* http_status and body hold what came */
#define SBN_REPLY_TIMEOUT 1
#define SBN_REPLY_UNREACHABLE 2 /* refused, reset, closed early, no route, address not allowed */
#define SBN_REPLY_TOO_LARGE 3
#define SBN_REPLY_MALFORMED 4 /* not HTTP */

typedef struct sbn_reply {
  uint32_t struct_size;
  int32_t outcome; /* SBN_REPLY_… */
  uint64_t request;
  uint32_t tag;
  uint32_t http_status;
  sbn_str body;
  uint64_t elapsed_us; /* from sending to the last byte, taken on the thread that read it */
} sbn_reply;

#define SBN_VERDICT_SCORED 0
#define SBN_VERDICT_MINER_FAILED 1     /* unreachable, refused: the miner's miss */
#define SBN_VERDICT_VALIDATOR_FAILED 2 /* late, garbage, out of range: the validator's miss */
#define SBN_VERDICT_PLUGIN_FAILED 3

typedef struct sbn_verdict {
  uint32_t struct_size;
  int32_t outcome; /* SBN_VERDICT_… */
  uint64_t request;
  uint32_t score_ppm; /* 0..1,000,000; 0 unless scored */
  uint32_t validator; /* whose verdict: target 1..k, or 0: the daemon itself (@agent) */
  sbn_str reason;     /* one line for people; may be empty */
} sbn_verdict;

/* The host's ears during begin and step. Both copy. Return SBN_OK or SBN_E_INVALID (unknown
 * request, second verdict, bad target); a refused call ends the request as a plugin failure. */
typedef struct sbn_validate_sink {
  uint32_t struct_size;
  uint32_t flags;
  void* ctx_host;
  sbn_status (*probe)(void* ctx_host, const sbn_probe* probe);
  sbn_status (*verdict)(void* ctx_host, const sbn_verdict* verdict);
} sbn_validate_sink;

typedef struct sbn_validator {
  uint32_t struct_size;
  uint32_t flags;
  /* [call] Start sessions. Each must give at least one probe or its verdict. */
  sbn_status (*begin)(void* self, const sbn_call* call, const sbn_validate_request* requests,
                      uint64_t stride, uint64_t n, const sbn_validate_sink* sink, sbn_error* err);
  /* [call] Replies to earlier probes, in any order. */
  sbn_status (*step)(void* self, const sbn_call* call, const sbn_reply* replies, uint64_t stride,
                     uint64_t n, const sbn_validate_sink* sink, sbn_error* err);
  /* [call] The request is over; drop its session. Also called after a verdict. */
  void (*forget)(void* self, uint64_t request);
  /* [call] Cold. How this plugin would judge a miner of that type. */
  sbn_status (*explain)(void* self, const sbn_call* call, sbn_str model_type, sbn_sink sink,
                        sbn_error* err);
} sbn_validator;

#ifdef __cplusplus
}
#endif
#endif
