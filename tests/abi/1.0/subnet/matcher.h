/* SPDX-License-Identifier: 0BSD */
/* subnet.matcher/1: who checks whom?
 *
 * A matcher holds only an index over the view. load() builds it, observe() moves it along,
 * propose() and solve() change nothing. Every answer is a function of (view, events, seed), so the
 * host may drop an instance and load another at any time and get the same answers. Hard rules
 * (capacity, type, ownership, distinct validators) are checked by the host.
 *
 * The moves of one answer are one step without an order: every place that they give up is free
 * before any is taken, and only the end counts. A copy has one move at most. A move that breaks a
 * rule is refused: a copy that had a validator keeps it, and of moves that want one place too many
 * the last are refused. */
#ifndef SUBNET_MATCHER_H
#define SUBNET_MATCHER_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SBN_KIND_MATCHER "subnet.matcher/1"

#define SBN_NONE 0xffffffffu     /* no validator, no slot */
#define SBN_TYPE_ANY 0xffffffffu /* in validator_types: serves every type, last */
#define SBN_TYPE_UNKNOWN 0u      /* only validators with SBN_TYPE_ANY take it */

/* Node states, as the columns hold them. */
#define SBN_SLOT_FREE 0u     /* nobody there: skip the row */
#define SBN_SLOT_OPEN 1u     /* miners: to be matched; validators: may be given miners */
#define SBN_SLOT_CLOSED 2u   /* miners: not to be matched; validators: keep none */
#define SBN_SLOT_DRAINING 3u /* validators: keep what they have, get nothing new */

/* Columns by slot. A slot is stable while its node lives; free slots are reused. Borrowed for the
 * call. */
typedef struct sbn_match_view {
  uint32_t struct_size;
  uint32_t redundancy; /* k: validators per miner, distinct */
  uint64_t revision;
  uint64_t miner_count; /* slots, free ones included */
  const uint8_t* miner_state;
  const uint32_t* miner_type;   /* type number of this run */
  const uint32_t* miner_owner;  /* 0: none; equal numbers: one key */
  const uint32_t* miner_region; /* 0: none */
  const uint64_t* miner_order;  /* registration order, unique; NULL when the host keeps none */
  const uint32_t* current;      /* [miner * k + copy]: validator slot or SBN_NONE */
  uint64_t validator_count;
  const uint8_t* validator_state;
  const uint32_t* validator_capacity; /* miners at most, at least 1 */
  const uint32_t* validator_reliability_ppm;
  const uint32_t* validator_owner;
  const uint32_t* validator_region;
  const uint64_t* validator_order;
  const uint64_t* validator_types_at; /* CSR: validator_count + 1 offsets into validator_types */
  const uint32_t* validator_types;
  uint8_t seed[32];
  uint64_t move_budget; /* solve: how many matched copies may change validator */
} sbn_match_view;

/* Frozen, 8 bytes. */
typedef struct sbn_match_event {
  uint32_t kind;
  uint32_t slot;
} sbn_match_event;
#define SBN_MINER_CHANGED 1u     /* joined, retyped, reopened or lost a validator */
#define SBN_MINER_LEFT 2u        /* its row is free or closed now */
#define SBN_VALIDATOR_CHANGED 3u /* joined, or capacity, types, state or reliability changed */
#define SBN_VALIDATOR_LEFT 4u

/* Frozen, 16 bytes. validator SBN_NONE: unmatched, for that reason. */
typedef struct sbn_match_move {
  uint32_t miner;
  uint32_t copy; /* 0..k-1 */
  uint32_t validator;
  uint32_t reason;
} sbn_match_move;
#define SBN_REASON_NONE 0u
#define SBN_REASON_NO_VALIDATOR 1u  /* nobody serves that type */
#define SBN_REASON_NO_CAPACITY 2u   /* all that serve it are full */
#define SBN_REASON_OWN_VALIDATOR 3u /* only validators of the same key are left */
#define SBN_REASON_NOT_DISTINCT 4u  /* all that serve it already check this miner */
#define SBN_REASON_UNKNOWN_TYPE 5u

typedef struct sbn_match_out {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t capacity; /* rows of moves; at least one per open copy, so SBN_E_LIMIT is rare */
  uint64_t n;        /* written by the plugin, also with SBN_E_LIMIT (the needed count) */
  sbn_match_move* moves;
} sbn_match_out;

typedef struct sbn_matcher {
  uint32_t struct_size;
  uint32_t flags;
  /* [call] Forget everything and index this view. */
  sbn_status (*load)(void* self, const sbn_call* call, const sbn_match_view* view, sbn_error* err);
  /* [call] The view already shows the events (a miner that lost its validator has SBN_NONE);
   * answer one move for every open copy the events leave unmatched and every copy they free a place
   * for. */
  sbn_status (*propose)(void* self, const sbn_call* call, const sbn_match_view* view,
                        const sbn_match_event* events, uint64_t n, sbn_match_out* out,
                        sbn_error* err);
  /* [call] What came of it: the events, and the moves that were accepted (the view shows both). */
  sbn_status (*observe)(void* self, const sbn_call* call, const sbn_match_view* view,
                        const sbn_match_event* events, uint64_t n_events,
                        const sbn_match_move* moves, uint64_t n_moves, sbn_error* err);
  /* [call] Match the whole view anew: every unmatched copy, and at most move_budget others. Needs
   * no load before it. */
  sbn_status (*solve)(void* self, const sbn_call* call, const sbn_match_view* view,
                      sbn_match_out* out, sbn_error* err);
  /* [call] Cold. Why this miner has this validator, in a few lines. */
  sbn_status (*explain)(void* self, const sbn_call* call, const sbn_match_view* view,
                        uint32_t miner, sbn_sink sink, sbn_error* err);
} sbn_matcher;

#ifdef __cplusplus
}
#endif

SBN_STATIC_ASSERT(sizeof(sbn_match_event) == 8, "frozen");
SBN_STATIC_ASSERT(sizeof(sbn_match_move) == 16, "frozen");

#endif
