/* SPDX-License-Identifier: 0BSD */
/* subnet.emission/1: who is paid what? Integers in, integers out:
 * founder + sum(amount) + dust + unallocated = budget, checked by the host. */
#ifndef SUBNET_EMISSION_H
#define SUBNET_EMISSION_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SBN_KIND_EMISSION "subnet.emission/1"

#define SBN_ROLE_MINER 1u
#define SBN_ROLE_VALIDATOR 2u

/* Rows of raw u16 values with explicit zeros kept; columns sorted and unique in a row. Frozen. */
typedef struct sbn_csr16 {
  const uint64_t *row_at; /* n + 1 offsets */
  const uint32_t *col;    /* index 0..n-1 */
  const uint16_t *val;
} sbn_csr16;

/* A chain parameter by number. One that is given wins over the plugin's setting of the same name; a
 * plugin skips numbers it does not know. ABI.md says what each means. Frozen. */
typedef struct sbn_param {
  uint64_t id;
  int64_t value;
} sbn_param;

#define SBN_PARAM_KAPPA 1u
#define SBN_PARAM_ACTIVITY_CUTOFF 2u
#define SBN_PARAM_MAX_VALIDATORS 3u
#define SBN_PARAM_MIN_STAKE 4u
#define SBN_PARAM_FOUNDER_SHARE 5u
#define SBN_PARAM_BONDS_MA 6u
#define SBN_PARAM_BONDS_PENALTY 7u
#define SBN_PARAM_LIQUID_ALPHA 8u
#define SBN_PARAM_ALPHA_LOW 9u
#define SBN_PARAM_ALPHA_HIGH 10u
#define SBN_PARAM_ALPHA_STEEPNESS 11u
#define SBN_PARAM_YUMA3 12u
#define SBN_PARAM_OWNER_UID 13u
#define SBN_PARAM_TEMPO 14u

/* Columns of n rows, one a registered node, ordered by uid. */
typedef struct sbn_emission_in {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t epoch;
  uint64_t block;
  uint64_t last_step_block;
  uint64_t budget_nano;
  uint64_t n;
  const uint32_t *uid;
  const uint8_t *role;           /* SBN_ROLE_… */
  const uint64_t *stake_nano;    /* above 2^53 happens */
  const uint64_t *last_update;   /* block of the node's last verdict */
  const uint64_t *registered_at; /* registration order: earlier is smaller, unique */
  const uint8_t *permit;
  const uint32_t *owner;  /* 0: none; equal numbers: one key */
  const uint32_t *parent; /* index of the node it delegates to, or 0xffffffff */
  const uint16_t *fee;    /* what its parent keeps of its dividends, basis points, 0..10000 */
  const uint8_t *payable; /* 0: flagged: may not be paid */
  const uint64_t *score_sum_ppm; /* miners: sum over the epoch's verdicts */
  const uint32_t *score_count;
  sbn_csr16 weights; /* row: validator; its mean score per miner, max-scaled */
  sbn_csr16 bonds;
  const sbn_param *params;
  uint64_t param_count;
  const uint64_t *registered_block; /* NULL: every node is older than any weight */
} sbn_emission_in;

/* Per bond row. */
#define SBN_BONDS_KEEP 0u
#define SBN_BONDS_SET 1u
#define SBN_BONDS_EMPTY 2u

/* Host-owned columns of n; optional ones are NULL when the host does not want them. */
typedef struct sbn_emission_out {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t n;
  uint64_t *amount_nano; /* every row to be written */
  uint64_t founder_nano;
  uint64_t dust_nano;
  uint64_t unallocated_nano;
  uint16_t *incentive; /* raw u16, optional from here on */
  uint16_t *dividends;
  uint16_t *consensus;
  uint16_t *trust;
  uint16_t *rank;
  uint16_t *validator_trust;
  uint16_t *pruning;
  uint8_t *permit;
  uint8_t *bonds_row;      /* SBN_BONDS_… per row */
  uint64_t bonds_capacity; /* entries of bonds_col and bonds_val */
  uint64_t bonds_n;        /* written; the needed count with SBN_E_LIMIT */
  uint64_t *bonds_row_at;  /* n + 1 */
  uint32_t *bonds_col;
  uint16_t *bonds_val;
  uint64_t treasury_nano;   /* how much of founder_nano is for the treasury */
  uint64_t *miner_nano;     /* parts of the amounts before dust, caps and flags; optional too */
  uint64_t *validator_nano;
  uint64_t *combined_nano;  /* one floor of both parts' sum: a unit above their sum at times */
  uint8_t *active;          /* 1: weighed recently enough to count */
  uint16_t *stake_weight;   /* share of all stake, raw u16 */
  int64_t *raw_stake;       /* I32F32 bits from here on: value * 2^32 */
  int64_t *raw_active_stake;
  int64_t *raw_consensus;
  int64_t *raw_rank;
  int64_t *raw_incentive;
  int64_t *raw_dividends;
  int64_t *raw_validator_trust;
} sbn_emission_out;

typedef struct sbn_emission {
  uint32_t struct_size;
  uint32_t flags;
  /* [call] */
  sbn_status (*compute)(void *self, const sbn_call *call, const sbn_emission_in *in,
                        sbn_emission_out *out, sbn_error *err);
  /* [call] Cold. Why this row of the same input is paid what it is paid. */
  sbn_status (*explain)(void *self, const sbn_call *call, const sbn_emission_in *in,
                        uint64_t row, sbn_sink sink, sbn_error *err);
} sbn_emission;

#ifdef __cplusplus
}
#endif
#endif
