// SPDX-License-Identifier: 0BSD
// Who is paid what: the cut, the policy's input, and the check that its answer adds up.
#include <algorithm>
#include <map>

#include "domain/tempo.hpp"
#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

constexpr std::uint64_t tempo_param = 14;  // SBN_PARAM_TEMPO

struct Uid {
  std::uint32_t uid;
  Role role;
  std::uint32_t slot;
};

std::vector<Uid> by_uid(const State& s) {
  std::vector<Uid> rows;
  rows.reserve(s.miner_count + s.validator_index.size());
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (s.miner_alive(m)) rows.push_back({s.miners[m].uid, Role::miner, m});
  }
  for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
    if (s.validator_alive(v)) rows.push_back({s.validators[v].uid, Role::validator, v});
  }
  std::sort(rows.begin(), rows.end(), [](const Uid& a, const Uid& b) { return a.uid < b.uid; });
  return rows;
}

// One row a validator: its mean score per miner, scaled so that its best is 65535. Who delegates
// has the row of its parent.
Csr16 weight_rows(const State& s, const Ledger& ledger, const std::vector<Uid>& rows,
                  const std::vector<std::uint32_t>& miner_row) {
  std::vector<std::vector<std::pair<std::uint32_t, Ppm>>> of(s.validators.size());
  for (const LedgerCell& cell : ledger.cells) {
    if (cell.miner == none || cell.validator == none || !s.validator_alive(cell.validator))
      continue;
    if (s.validators[cell.validator].order != cell.validator_order) continue;
    of[cell.validator].push_back({miner_row[cell.miner], ppm_mean(cell.sum_ppm, cell.count)});
  }
  Csr16 csr;
  csr.row_at.push_back(0);
  for (const Uid& row : rows) {
    if (row.role == Role::validator) {
      const std::uint32_t parent = s.parent_of(row.slot);
      auto& cells = of[parent == none ? row.slot : parent];
      std::sort(cells.begin(), cells.end());
      Ppm most = 0;
      for (const auto& [col, mean] : cells) most = std::max(most, mean);
      for (const auto& [col, mean] : cells) {
        csr.col.push_back(col);
        csr.val.push_back(most == 0 ? std::uint16_t{0}
                                    : static_cast<std::uint16_t>(
                                          (std::uint64_t{mean} * 65535 + most / 2) / most));
      }
    }
    csr.row_at.push_back(csr.col.size());
  }
  return csr;
}

// Whose validations the weights of `v` stand on.
const ValidatorRow& weigher(const State& s, std::uint32_t v) {
  const std::uint32_t parent = s.parent_of(v);
  return s.validators[parent == none ? v : parent];
}

void push_node(EmissionInput& in, const State& s, const Uid& row, const MinerScore& score) {
  in.uid.push_back(row.uid);
  in.role.push_back(static_cast<std::uint8_t>(row.role));
  in.parent.push_back(none);  // known once every node has its row
  in.score_sum_ppm.push_back(score.sum_ppm);
  in.score_count.push_back(score.count);
  if (row.role == Role::miner) {
    const MinerRow& m = s.miners[row.slot];
    in.fee.push_back(0);
    in.stake_nano.push_back(0);
    in.last_update.push_back(0);
    in.registered_at.push_back(m.order);
    in.registered_block.push_back(s.block_at(m.registered_at_ms));
    in.permit.push_back(0);
    in.owner.push_back(s.columns.owner[row.slot]);
    in.payable.push_back(m.flagged() ? 0 : 1);
  } else {
    const ValidatorRow& v = s.validators[row.slot];
    in.stake_nano.push_back(v.has_stake ? v.stake_nano : s.settings.default_stake_nano);
    in.fee.push_back(s.parent_of(row.slot) == none ? std::uint16_t{0} : v.fee_bp);
    in.last_update.push_back(weigher(s, row.slot).last_verdict_block);
    in.registered_at.push_back(v.order);
    in.registered_block.push_back(s.block_at(v.registered_at_ms));
    in.permit.push_back(1);  // until a policy decides
    in.owner.push_back(v.owner);
    in.payable.push_back(1);
  }
}

EmissionInput input_of(const State& s, const Ledger& ledger, std::uint64_t epoch,
                       std::uint64_t block) {
  EmissionInput in;
  in.epoch = epoch;
  in.block = block;
  in.last_step_block = s.epoch.last_step_block;
  in.budget_nano = s.settings.budget_nano;
  const std::vector<Uid> rows = by_uid(s);
  const std::vector<MinerScore> scores = miner_scores(s, ledger);
  std::vector<std::uint32_t> miner_row(s.miners.size(), none);
  std::vector<std::uint32_t> validator_row(s.validators.size(), none);
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const bool miner = rows[i].role == Role::miner;
    (miner ? miner_row : validator_row)[rows[i].slot] = i;
    push_node(in, s, rows[i], miner ? scores[rows[i].slot] : MinerScore{});
  }
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    if (rows[i].role != Role::validator) continue;
    const std::uint32_t parent = s.parent_of(rows[i].slot);
    if (parent != none) in.parent[i] = validator_row[parent];
  }
  in.weights = weight_rows(s, ledger, rows, miner_row);
  recall_step(s, in);
  if (s.settings.tempo != 0) in.params[tempo_param] = s.settings.tempo;
  return in;
}

}  // namespace

EmissionInput emission_input(const State& s) {
  return input_of(s, s.closed_ledger, s.epoch.closed, s.epoch.closed_block);
}

EmissionInput emission_preview(const State& s, std::int64_t now_ms) {
  return input_of(s, s.ledger, s.epoch.open, s.block_at(std::max(now_ms, s.now_ms)));
}

void decide_close(const State& s, const CloseEpoch& in, std::int64_t now_ms, Decision& out) {
  if (in.idempotency) {
    if (auto answer = answered_before(s, *in.idempotency, now_ms)) {
      out.answer = *std::move(answer);
      return;
    }
  }
  // A held epoch is asked again under its own number and cut.
  const bool again = s.epoch.closed != 0;
  const std::uint64_t epoch = again ? s.epoch.closed : s.epoch.open;
  const Idempotency key = in.idempotency.value_or(Idempotency{});
  add_fact(out, now_ms,
           EpochClosed{epoch, again ? s.epoch.closed_block : s.block_at(now_ms),
                       again ? s.epoch.seed : in.seed, key.key, key.body});
  out.answer = Answer{.epoch = epoch};
}

// By the chain's tempo: at the next block at which an epoch runs.
std::int64_t State::epoch_end_ms() const {
  if (settings.tempo == 0) return epoch.opened_at_ms + settings.epoch_ms;
  const std::uint64_t block =
      next_epoch_block(block_at(epoch.opened_at_ms) + 1, settings.netuid, settings.tempo);
  return genesis_ms + static_cast<std::int64_t>(block) * block_ms;
}

void decide_epoch_tick(const State& s, const Tick& in, std::int64_t now_ms, Decision& out) {
  const bool held_long = s.epoch.held && now_ms - s.epoch.held_at_ms >= held_retry_ms;
  const bool due = s.epoch.closed == 0 && now_ms >= s.epoch_end_ms() && s.boot > 0;
  if (held_long || due) decide_close(s, CloseEpoch{in.epoch_seed, {}}, now_ms, out);
}

void apply_closed(State& s, const EpochClosed& f, Effects& effects) {
  if (f.idempotency_key != 0) {
    s.idempotency[f.idempotency_key] = {f.idempotency_body, s.now_ms, Role::none,
                                        std::to_string(f.epoch)};
  }
  s.epoch.held = false;
  effects.emit = f.epoch;
  if (f.epoch == s.epoch.closed) return;
  SUBNETD_INVARIANT(s.epoch.closed == 0 && f.epoch == s.epoch.open);
  s.epoch.closed = f.epoch;
  s.epoch.closed_at_ms = s.now_ms;
  s.epoch.closed_block = f.block;
  s.epoch.seed = f.seed;
  s.epoch.open = f.epoch + 1;
  s.epoch.opened_at_ms = s.now_ms;
  s.closed_ledger = std::move(s.ledger);
  s.ledger = Ledger{};
  const std::vector<MinerScore> scores = miner_scores(s, s.closed_ledger);
  for (std::size_t m = 0; m < s.miners.size(); ++m) {
    MinerRow& row = s.miners[m];
    row.ledger_head = none;
    row.marks &= static_cast<std::uint8_t>(~MinerRow::carried_mark);
    row.previous_mean_ppm =
        scores[m].count == 0 ? none : ppm_mean(scores[m].sum_ppm, scores[m].count);
  }
  std::erase_if(s.idempotency, [&s](const auto& entry) {
    return s.now_ms - entry.second.at_ms > limits::idempotency_ms;
  });
  s.digest.add(s.closed_ledger.verdicts);
}

namespace {

Result<void> check_output(const EmissionRows& asked, std::uint64_t budget_nano,
                          const EmissionOutput& out) {
  const std::size_t n = asked.registered_at.size();
  if (out.amount_nano.size() != n || asked.payable.size() != n) {
    return fail(Errc::plugin, "the policy answered " + std::to_string(out.amount_nano.size()) +
                                  " amounts for " + std::to_string(n) + " nodes");
  }
  unsigned __int128 sum = out.founder_nano;
  sum += out.dust_nano;
  sum += out.unallocated_nano;
  for (std::size_t i = 0; i < n; ++i) {
    sum += out.amount_nano[i];
    if (asked.payable[i] == 0 && out.amount_nano[i] != 0) {
      return fail(Errc::plugin, "the policy pays row " + std::to_string(i) + ", which is flagged");
    }
  }
  const bool sets = std::count(out.bonds_row.begin(), out.bonds_row.end(), 1) != 0;
  if (sets && (out.bonds_row.size() != n || !is_square(out.bonds, n))) {
    return fail(Errc::plugin, "the policy's bonds are no rows of " + std::to_string(n));
  }
  if (sum != budget_nano) {
    return fail(Errc::plugin,
                "founder, amounts, dust and unallocated do not add up to the budget " +
                    std::to_string(budget_nano));
  }
  return {};
}

// A policy may answer after the rows changed. What it gives to a node that left or was flagged
// since stays unallocated; a node that came since gets nothing.
void allot(EpochEmitted& f, const EmissionInput& now, const EmissionRows& asked,
           const EmissionOutput& out) {
  std::map<std::uint64_t, std::size_t> row_of;
  for (std::size_t i = 0; i < now.uid.size(); ++i) row_of.emplace(now.registered_at[i], i);
  f.amount_nano.assign(now.uid.size(), 0);
  f.incentive.assign(now.uid.size(), 0);
  for (std::size_t i = 0; i < asked.registered_at.size(); ++i) {
    const auto it = row_of.find(asked.registered_at[i]);
    if (it == row_of.end() || now.payable[it->second] == 0) {
      f.unallocated_nano += out.amount_nano[i];
      continue;
    }
    f.amount_nano[it->second] = out.amount_nano[i];
    if (i < out.incentive.size()) f.incentive[it->second] = out.incentive[i];
  }
}

}  // namespace

void decide_emission(const State& s, const EmissionComputed& in, std::int64_t now_ms,
                     Decision& out) {
  if (s.epoch.closed == 0 || in.epoch != s.epoch.closed) return;
  if (!in.output) {
    add_fact(out, now_ms, EpochHeld{in.epoch, in.output.error().message});
    return;
  }
  const EmissionInput input = emission_input(s);
  const EmissionRows asked = in.rows.value_or(EmissionRows{input.registered_at, input.payable});
  if (auto ok = check_output(asked, input.budget_nano, *in.output); !ok) {
    add_fact(out, now_ms, EpochHeld{in.epoch, ok.error().message});
    out.answer = std::unexpected(ok.error());
    return;
  }
  EpochEmitted f;
  f.epoch = in.epoch;
  f.policy = in.policy;
  f.budget_nano = input.budget_nano;
  f.founder_nano = in.output->founder_nano;
  f.dust_nano = in.output->dust_nano;
  f.unallocated_nano = in.output->unallocated_nano;
  f.uid = input.uid;
  f.role = input.role;
  for (const Uid& row : by_uid(s)) f.slot.push_back(row.slot);
  allot(f, input, asked, *in.output);
  f.score_sum_ppm = input.score_sum_ppm;
  f.score_count = input.score_count;
  add_fact(out, now_ms, std::move(f));
  EpochStepped step = step_of(s, input, asked, *in.output);
  EpochStepped nothing;
  nothing.epoch = in.epoch;
  if (step != nothing) add_fact(out, now_ms, std::move(step));
}

void apply_emitted(State& s, const EpochEmitted& f) {
  SUBNETD_INVARIANT(f.epoch == s.epoch.closed);
  s.epoch.closed = 0;
  s.epoch.held = false;
  s.epoch.held_reason.clear();
  s.epoch.last_emitted = f.epoch;
  s.epoch.last_step_block = s.epoch.closed_block;
  s.closed_ledger = Ledger{};
  s.digest.add(f.unallocated_nano);
}

void apply_held(State& s, const EpochHeld& f) {
  s.epoch.held = true;
  s.epoch.held_at_ms = s.now_ms;
  s.epoch.held_reason = f.reason;
}

}  // namespace subnetd::engine
