// SPDX-License-Identifier: 0BSD
#include "sim/plugins.hpp"

#include <algorithm>
#include <tuple>

namespace subnetd::sim {

using namespace engine;

namespace {

// The view as it would be after the moves made so far.
struct Plan {
  const State& s;
  std::vector<std::uint32_t> load;
  std::vector<std::uint32_t> current;

  explicit Plan(const State& state) : s(state), current(state.columns.current) {
    for (const ValidatorRow& row : s.validators) load.push_back(row.load);
  }
  bool holds(std::uint32_t m, std::uint32_t v) const {
    const auto* first = current.data() + std::size_t{m} * s.redundancy();
    return std::find(first, first + s.redundancy(), v) != first + s.redundancy();
  }
  UnmatchedReason best(std::uint32_t m, std::uint32_t& chosen) const {
    const TypeId type = s.columns.type[m];
    auto reason =
        type == type_unknown ? UnmatchedReason::unknown_type : UnmatchedReason::no_validator;
    chosen = none;
    const auto rank = [&](std::uint32_t v) { return std::tuple(load[v], s.validators[v].order); };
    for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
      const ValidatorRow& row = s.validators[v];
      if (!s.validator_alive(v) || row.status != Status::active || !serves(row, type)) continue;
      if (row.owner != 0 && row.owner == s.columns.owner[m]) {
        reason = UnmatchedReason::own_validator;
      } else if (holds(m, v)) {
        reason = UnmatchedReason::not_distinct;
      } else if (load[v] >= row.record.capacity) {
        reason = UnmatchedReason::no_capacity;
      } else if (chosen == none || rank(v) < rank(chosen)) {
        chosen = v;
      }
    }
    return chosen == none ? reason : UnmatchedReason::none;
  }
};

}  // namespace

std::vector<Move> greedy_moves(const State& s, bool rebalance) {
  Plan plan(s);
  std::vector<Move> moves;
  std::uint32_t shifts = rebalance ? s.settings.moves_per_minute : 0;
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (s.columns.state[m] != 1) continue;
    for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
      std::uint32_t& held = plan.current[std::size_t{m} * s.redundancy() + c];
      Move move{m, c, none, UnmatchedReason::none};
      move.reason = plan.best(m, move.validator);
      if (held != none) {
        const bool better =
            move.validator != none && plan.load[held] > plan.load[move.validator] + 1;
        if (!better || shifts == 0) continue;
        --shifts;
        --plan.load[held];
      }
      if (move.validator != none) ++plan.load[move.validator];
      held = move.validator;
      moves.push_back(move);
    }
  }
  return moves;
}

std::vector<Move> junk_moves(const State& s, Rng& rng) {
  std::vector<Move> moves;
  for (std::uint64_t i = rng.below(2 * s.miners.size() + 4); i > 0; --i) {
    Move move;
    move.miner = static_cast<std::uint32_t>(rng.below(s.miners.size() + 2));
    move.copy = static_cast<std::uint32_t>(rng.below(s.redundancy() + 1));
    move.validator = static_cast<std::uint32_t>(rng.below(s.validators.size() + 2));
    if (rng.percent(15)) move.validator = none;
    move.reason = static_cast<UnmatchedReason>(rng.below(12));
    moves.push_back(move);
    if (rng.percent(10)) moves.push_back(move);
  }
  return moves;
}

namespace {

// Rows of weights become bonds; now and then a row is kept or emptied, and a permit withheld.
void leave_bonds(const EmissionInput& in, EmissionOutput& out) {
  out.bonds.row_at.push_back(0);
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const auto draw = static_cast<std::uint8_t>((in.epoch + i * 7) % 5);
    const std::uint8_t fate = draw < 2 ? draw : 1;  // 0: keep, 1: set
    out.bonds_row.push_back(draw == 4 ? std::uint8_t{2} : fate);
    out.permit.push_back(draw != 3 && in.role[i] == 2 ? 1 : 0);
    for (std::uint64_t w = in.weights.row_at[i]; w < in.weights.row_at[i + 1]; ++w) {
      out.bonds.col.push_back(in.weights.col[w]);
      out.bonds.val.push_back(in.weights.val[w]);
    }
    out.bonds.row_at.push_back(out.bonds.col.size());
  }
}

}  // namespace

EmissionOutput correct_shares(const EmissionInput& in) {
  EmissionOutput out;
  out.amount_nano.assign(in.uid.size(), 0);
  leave_bonds(in, out);
  unsigned __int128 total = 0;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    if (in.payable[i] != 0) total += in.score_sum_ppm[i];
  }
  if (total == 0) {
    out.unallocated_nano = in.budget_nano;
    return out;
  }
  out.dust_nano = in.budget_nano;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    if (in.payable[i] == 0) continue;
    const unsigned __int128 share = in.score_sum_ppm[i];
    out.amount_nano[i] = static_cast<std::uint64_t>(share * in.budget_nano / total);
    out.dust_nano -= out.amount_nano[i];
  }
  return out;
}

Result<EmissionOutput> policy_answer(const EmissionInput& in, Policy policy) {
  if (policy == Policy::failing) return fail(Errc::plugin, "no answer today");
  EmissionOutput out = correct_shares(in);
  if (policy == Policy::wrong_sum && !out.amount_nano.empty()) {
    // One unit too little is as wrong as one too much.
    if (out.dust_nano > 0) {
      --out.dust_nano;
    } else {
      ++out.dust_nano;
    }
  }
  if (policy == Policy::pays_flagged) {
    for (std::size_t i = 0; i < in.uid.size(); ++i) {
      if (in.payable[i] != 0 || out.dust_nano + out.unallocated_nano == 0) continue;
      std::uint64_t& purse = out.dust_nano > 0 ? out.dust_nano : out.unallocated_nano;
      --purse;
      ++out.amount_nano[i];
    }
  }
  return out;
}

}  // namespace subnetd::sim
