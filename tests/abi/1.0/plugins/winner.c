/* SPDX-License-Identifier: 0BSD */
/* An emission policy: the whole budget goes to the miner of the highest sum of scores, of equals
 * to the first. */
#include "archived.h"

static sbn_status compute(void *self, const sbn_call *call, const sbn_emission_in *in,
                          sbn_emission_out *out, sbn_error *err) {
  uint64_t best = in->n;
  (void)self, (void)call, (void)err;
  for (uint64_t i = 0; i < in->n; ++i) {
    out->amount_nano[i] = 0;
    if (out->bonds_row != NULL) out->bonds_row[i] = SBN_BONDS_KEEP;
    if (out->permit != NULL) out->permit[i] = 0;
    if (in->role[i] != SBN_ROLE_MINER || !in->payable[i] || in->score_sum_ppm[i] == 0) continue;
    if (best == in->n || in->score_sum_ppm[i] > in->score_sum_ppm[best]) best = i;
  }
  if (best < in->n) out->amount_nano[best] = in->budget_nano;
  out->founder_nano = 0;
  out->dust_nano = 0;
  out->unallocated_nano = best < in->n ? 0 : in->budget_nano;
  return SBN_OK;
}

static const sbn_emission slots = {sizeof(sbn_emission), 0, compute, NULL};

ARCHIVED("winner", SBN_KIND_EMISSION, slots);
