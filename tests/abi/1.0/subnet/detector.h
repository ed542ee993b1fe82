/* SPDX-License-Identifier: 0BSD */
/* subnet.detector/1: what kind of model does a miner serve? Pure: the same row always gets the same
 * answer, so registrations can be replayed. */
#ifndef SUBNET_DETECTOR_H
#define SUBNET_DETECTOR_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SBN_KIND_DETECTOR "subnet.detector/1"

/* A batch of n rows. Optional columns are NULL or n long. */
typedef struct sbn_detect_in {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t n;
  const sbn_str *names;        /* namespaces, 1..128 bytes, UTF-8 not guaranteed */
  const sbn_str *tasks;        /* optional: the node's declared task */
  const sbn_str *protocols;    /* optional: "module", "openai", "classic" */
  const sbn_str *subnet_hints; /* optional: what the subnet is about */
} sbn_detect_in;

#define SBN_DETECT_AMBIGUOUS 1u

/* Columns of n elements, all owned by the host, all to be written for every row. */
typedef struct sbn_detect_out {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t n;
  uint32_t *type;           /* 0: no opinion; k: the k-th of types(), counted from 1 */
  uint32_t *confidence_ppm; /* 0..1,000,000; 0 with type 0 */
  uint32_t *runner_up;      /* like type; 0 none */
  uint32_t *row_flags;      /* SBN_DETECT_… */
} sbn_detect_out;

typedef struct sbn_detector {
  uint32_t struct_size;
  uint32_t flags;
  /* [control] The type ids this instance can answer; writes the array, returns its length. Fixed
   * from create on, valid until destroy. */
  uint64_t (*types)(const void *self, const sbn_str **out);
  /* [call] */
  sbn_status (*detect)(void *self, const sbn_call *call, const sbn_detect_in *in,
                       sbn_detect_out *out, sbn_error *err);
  /* [call] Cold. One line: why this name is answered as it is. */
  sbn_status (*explain)(void *self, const sbn_call *call, sbn_str name, sbn_sink sink,
                        sbn_error *err);
} sbn_detector;

#ifdef __cplusplus
}
#endif
#endif
