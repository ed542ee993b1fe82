// SPDX-License-Identifier: 0BSD
// The sums an epoch pays by: one cell per (miner, validator), never a stored mean.
#include <algorithm>

#include "engine/rooms.hpp"

namespace subnetd::engine {

void ledger_add(State& s, std::uint32_t miner, std::uint32_t validator, Ppm score) {
  Ledger& ledger = s.ledger;
  const std::uint32_t order = validator == none ? none : s.validators[validator].order;
  std::uint32_t* link = &s.miners[miner].ledger_head;
  while (*link != none) {
    LedgerCell& cell = ledger.cells[*link];
    if (cell.validator == validator && cell.validator_order == order) break;
    link = &cell.next;
  }
  if (*link == none) {
    const auto at = static_cast<std::uint32_t>(ledger.cells.size());
    LedgerCell cell;
    cell.miner = miner;
    cell.validator = validator;
    cell.validator_order = order;
    cell.sum_ppm = score;
    cell.count = 1;
    cell.last_ms = s.now_ms;
    *link = at;  // before push_back: link may point into cells
    ledger.cells.push_back(cell);
  } else {
    LedgerCell& cell = ledger.cells[*link];
    cell.sum_ppm += score;
    ++cell.count;
    cell.last_ms = s.now_ms;
  }
  ++ledger.verdicts;
}

void ledger_drop_miner(Ledger& ledger, std::vector<MinerRow>& miners, std::uint32_t miner) {
  for (std::uint32_t at = miners[miner].ledger_head; at != none; at = ledger.cells[at].next) {
    ledger.cells[at].miner = none;
  }
  miners[miner].ledger_head = none;
}

namespace {

// The median of the validators' means; of an even number, the mean of the middle two.
MinerScore median_of(std::vector<Ppm>& means) {
  std::sort(means.begin(), means.end());
  const std::size_t n = means.size();
  if (n % 2 == 1) return {means[n / 2], 1};
  return {std::uint64_t{means[n / 2 - 1]} + means[n / 2], 2};
}

}  // namespace

std::vector<MinerScore> miner_scores(const State& s, const Ledger& ledger) {
  std::vector<MinerScore> scores(s.miners.size());
  if (!s.settings.median) {
    for (const LedgerCell& cell : ledger.cells) {
      if (cell.miner == none) continue;
      scores[cell.miner].sum_ppm += cell.sum_ppm;
      scores[cell.miner].count += cell.count;
    }
    return scores;
  }
  std::vector<std::vector<Ppm>> means(s.miners.size());
  for (const LedgerCell& cell : ledger.cells) {
    if (cell.miner != none) means[cell.miner].push_back(ppm_mean(cell.sum_ppm, cell.count));
  }
  for (std::size_t m = 0; m < means.size(); ++m) {
    if (!means[m].empty()) scores[m] = median_of(means[m]);
  }
  return scores;
}

}  // namespace subnetd::engine
