/* SPDX-License-Identifier: 0BSD */
/* A matcher that writes and counts a move more than there is room for. */
#include "zoo.h"

static sbn_status load(void* self, const sbn_call* call, const sbn_match_view* view,
                       sbn_error* err) {
  (void)self, (void)call, (void)view, (void)err;
  return SBN_OK;
}
static sbn_status solve(void* self, const sbn_call* call, const sbn_match_view* view,
                        sbn_match_out* out, sbn_error* err) {
  const sbn_match_move nobody = {0, 0, SBN_NONE, SBN_REASON_NO_VALIDATOR};
  (void)self, (void)call, (void)view, (void)err;
  for (out->n = 0; out->n <= out->capacity; ++out->n) out->moves[out->n] = nobody;
  return SBN_OK;
}
static sbn_status propose(void* self, const sbn_call* call, const sbn_match_view* view,
                          const sbn_match_event* events, uint64_t n, sbn_match_out* out,
                          sbn_error* err) {
  (void)events, (void)n;
  return solve(self, call, view, out, err);
}
static sbn_status observe(void* self, const sbn_call* call, const sbn_match_view* view,
                          const sbn_match_event* events, uint64_t n_events,
                          const sbn_match_move* moves, uint64_t n_moves, sbn_error* err) {
  (void)self, (void)call, (void)view, (void)events, (void)n_events, (void)moves, (void)n_moves,
      (void)err;
  return SBN_OK;
}

static const sbn_matcher slots = {sizeof(sbn_matcher), 0, load, propose, observe, solve, NULL};
ZOO_DESCRIPTOR(SBN_KIND_MATCHER, slots, honest_create, honest_destroy);
ZOO_ENTRY((void)0);
