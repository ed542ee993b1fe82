// SPDX-License-Identifier: 0BSD
#include "policy.hpp"

#include "bond_rows.hpp"

namespace consensus {

struct Policy::Answer {
  Rules rules;
  Crew crew;
  Standing standing;
  Columns columns;
  Outcome outcome;
  Payout payout;
};

namespace {

void put(uint16_t* column, const std::vector<bits>& values) {
  if (column == nullptr) return;
  for (size_t i = 0; i < values.size(); ++i) column[i] = to_u16(values[i]);
}
template <class T, class U>
void put(T* column, const std::vector<U>& values) {
  if (column != nullptr) std::copy(values.begin(), values.end(), column);
}

// The share of each against the largest, rounded half up.
void put_pruning(uint16_t* column, const std::vector<bits>& shares) {
  if (column == nullptr || shares.empty()) return;
  const bits top = *std::max_element(shares.begin(), shares.end());
  for (size_t i = 0; i < shares.size(); ++i) {
    const bits scaled = top == 0 ? 0 : div(mul(shares[i], u16_one), top);
    column[i] = static_cast<uint16_t>(std::min<bits>(65535, half_up(scaled >> 31)));
  }
}

// The part of a node's weighted support that the consensus let stand.
std::vector<bits> trust_of(const Outcome& o) {
  std::vector<bits> trust(o.rank.size());
  for (size_t i = 0; i < trust.size(); ++i) {
    trust[i] = o.prerank[i] == 0 ? 0 : div(o.rank[i], o.prerank[i]);
  }
  return trust;
}

// The voices that weigh a node.
bits heard_by(const sbn_emission_in& in, const std::vector<bits>& voice, uint64_t row) {
  bits heard = 0;
  for (uint64_t i = 0; i < in.n; ++i) {
    const uint32_t* const begin = in.weights.col + in.weights.row_at[i];
    const uint32_t* const end = in.weights.col + in.weights.row_at[i + 1];
    const uint32_t* const at = std::lower_bound(begin, end, row);
    if (i != row && at != end && *at == row && in.weights.val[at - in.weights.col] > 0)
      heard += voice[i];
  }
  return heard;
}

}  // namespace

Policy::Policy(Chain chain, const subnet::context& cx)
    : rules_(rules_of(chain, cx.config)), threads_(cx.threads) {}

Policy::Answer Policy::answer(const sbn_emission_in& in) const {
  Answer a;
  a.rules = with_params(rules_, in);
  a.standing = standing_of(in, a.rules);
  a.crew = Crew(&threads_, a.rules.threads);
  a.columns = columns_of(in, a.rules, a.standing, a.crew);
  a.outcome = run_epoch(a.rules, a.standing, a.columns, kernel_of(a.rules), a.crew);
  settle_dividends(in, a.rules, a.standing, a.outcome.dividends);
  a.payout = pay(in, a.rules, a.standing, a.outcome);
  return a;
}

void Policy::compute(const subnet::call&, const subnet::emission_in& columns,
                     subnet::emission_out& answers) const {
  const sbn_emission_in& in = *columns.raw();
  sbn_emission_out& out = *answers.raw();
  const Answer a = answer(in);
  write_bonds(in, a.rules, a.standing, a.columns, out, a.crew);
  const Outcome& o = a.outcome;
  const Payout& p = a.payout;
  put(out.amount_nano, p.amount);
  out.founder_nano = p.founder;
  out.dust_nano = p.dust;
  out.unallocated_nano = p.unallocated;
  put(out.incentive, o.incentive);
  put(out.dividends, o.dividends);
  put(out.consensus, o.consensus);
  put(out.trust, trust_of(o));
  put(out.rank, o.rank);
  put(out.validator_trust, o.validator_trust);
  put_pruning(out.pruning, p.combined_share);
  put(out.permit, a.standing.next_permit);
  if (!SBN_HAS(&out, raw_validator_trust)) return;
  out.treasury_nano = p.treasury;
  put(out.miner_nano, p.miner);
  put(out.validator_nano, p.validator);
  put(out.combined_nano, p.combined);
  put(out.active, a.standing.active);
  put(out.stake_weight, a.standing.stake);
  put(out.raw_stake, a.standing.stake);
  put(out.raw_active_stake, a.standing.active_stake);
  put(out.raw_consensus, o.consensus);
  put(out.raw_rank, o.rank);
  put(out.raw_incentive, o.incentive);
  put(out.raw_dividends, o.dividends);
  put(out.raw_validator_trust, o.validator_trust);
}

std::string Policy::explain(const subnet::emission_in& columns, uint64_t row) const {
  const sbn_emission_in& in = *columns.raw();
  const Answer a = answer(in);
  const Outcome& o = a.outcome;
  const auto share = [](bits x) { return std::to_string(mul(x, bits{1'000'000} << 32) >> 32); };
  std::string text = "incentive " + share(o.incentive[row]) + " ppm (rank " + share(o.rank[row]) +
                     ", consensus " + share(o.consensus[row]) + ")";
  text += ", dividends " + share(o.dividends[row]) + " ppm (active stake " +
          share(a.standing.active_stake[row]) + ", trust as a validator " +
          share(o.validator_trust[row]) + "): " + std::to_string(a.payout.miner[row]) + " + " +
          std::to_string(a.payout.validator[row]) + " nano";
  const bits heard = heard_by(in, a.standing.voice, row);
  const bits kappa = div(of_u16(a.rules.kappa), u16_one);
  if (!a.rules.linear() && heard > 0 && heard < kappa) {
    text += "; weighed by " + share(heard) + " ppm of the stake that is heard, kappa asks for " +
            share(kappa);
  }
  if (in.stake_nano[row] > 0 && a.standing.active[row] == 0) {
    text += late(in, a.rules, row) ? "; has not weighed recently"
                                   : "; has not weighed since the block it came in";
    text += ", so its stake is not heard";
  }
  if (in.payable[row] == 0) text += "; flagged: not paid, its part stays unallocated";
  return text;
}

}  // namespace consensus
