/* SPDX-License-Identifier: 0BSD */
/* A matcher: each copy goes to the first validator that may have it. */
#include "archived.h"

static int serves(const sbn_match_view *v, uint32_t validator, uint32_t type) {
  for (uint64_t i = v->validator_types_at[validator]; i < v->validator_types_at[validator + 1];
       ++i) {
    const uint32_t t = v->validator_types[i];
    if (t == SBN_TYPE_ANY || (t == type && type != SBN_TYPE_UNKNOWN)) return 1;
  }
  return 0;
}

static uint32_t choose(const sbn_match_view *v, const uint32_t *load, uint32_t miner,
                       const uint32_t *held, uint32_t *why) {
  *why =
      v->miner_type[miner] == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE : SBN_REASON_NO_VALIDATOR;
  for (uint32_t u = 0; u < v->validator_count; ++u) {
    int mine = 0;
    if (v->validator_state[u] != SBN_SLOT_OPEN || !serves(v, u, v->miner_type[miner])) continue;
    *why = SBN_REASON_NO_CAPACITY;
    if (load[u] >= v->validator_capacity[u]) continue;
    *why = SBN_REASON_OWN_VALIDATOR;
    if (v->validator_owner[u] != 0 && v->validator_owner[u] == v->miner_owner[miner]) continue;
    *why = SBN_REASON_NOT_DISTINCT;
    for (uint32_t c = 0; c < v->redundancy; ++c) mine |= held[c] == u;
    if (mine) continue;
    *why = SBN_REASON_NONE;
    return u;
  }
  return SBN_NONE;
}

static sbn_status answer(const sbn_call *call, const sbn_match_view *v, sbn_match_out *out) {
  uint32_t *load =
      call->scratch(call, (v->validator_count + 1 + v->redundancy) * sizeof(uint32_t), 4);
  if (load == NULL) return SBN_E_NOMEM;
  uint32_t *held = load + v->validator_count + 1;
  memset(load, 0, (v->validator_count + 1) * sizeof(uint32_t));
  for (uint64_t i = 0; i < v->miner_count * v->redundancy; ++i) {
    if (v->current[i] != SBN_NONE) ++load[v->current[i]];
  }
  out->n = 0;
  for (uint32_t m = 0; m < v->miner_count; ++m) {
    if (v->miner_state[m] != SBN_SLOT_OPEN) continue;
    for (uint32_t c = 0; c < v->redundancy; ++c) {
      held[c] = v->current[(uint64_t)m * v->redundancy + c];
    }
    for (uint32_t c = 0; c < v->redundancy; ++c) {
      sbn_match_move move = {m, c, SBN_NONE, SBN_REASON_NONE};
      if (held[c] != SBN_NONE) continue;
      move.validator = choose(v, load, m, held, &move.reason);
      if (move.validator != SBN_NONE) ++load[move.validator], held[c] = move.validator;
      if (out->n < out->capacity) out->moves[out->n] = move;
      ++out->n;
    }
  }
  return out->n > out->capacity ? SBN_E_LIMIT : SBN_OK;
}

static sbn_status load(void *self, const sbn_call *call, const sbn_match_view *view,
                       sbn_error *err) {
  (void)self, (void)call, (void)view, (void)err;
  return SBN_OK;
}

static sbn_status propose(void *self, const sbn_call *call, const sbn_match_view *view,
                          const sbn_match_event *events, uint64_t n, sbn_match_out *out,
                          sbn_error *err) {
  (void)self, (void)events, (void)n, (void)err;
  return answer(call, view, out);
}

static sbn_status observe(void *self, const sbn_call *call, const sbn_match_view *view,
                          const sbn_match_event *events, uint64_t n_events,
                          const sbn_match_move *moves, uint64_t n_moves, sbn_error *err) {
  (void)self, (void)call, (void)view, (void)events, (void)n_events, (void)moves, (void)n_moves;
  (void)err;
  return SBN_OK;
}

static sbn_status solve(void *self, const sbn_call *call, const sbn_match_view *view,
                        sbn_match_out *out, sbn_error *err) {
  (void)self, (void)err;
  return answer(call, view, out);
}

static const sbn_matcher slots = {sizeof(sbn_matcher), 0, load, propose, observe, solve, NULL};

ARCHIVED("first_fit", SBN_KIND_MATCHER, slots);
