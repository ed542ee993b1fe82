// SPDX-License-Identifier: 0BSD
#include "cli/weight_copier.hpp"

#include <algorithm>

#include "domain/ppm.hpp"
#include "subnet/emission.h"

namespace subnetd::cli {
namespace {

using Wide = unsigned __int128;
constexpr std::uint64_t tempo_otherwise = 100;  // blocks; Commune's default

bool weighs(const EmissionInput& in, std::size_t row) {
  return in.weights.row_at[row] != in.weights.row_at[row + 1];
}

bool any(const auto& column) {
  return std::any_of(column.begin(), column.end(), [](auto value) { return value != 0; });
}

// One more node, the last, which holds a permit and has weighed nobody yet. All stakes together
// stay below 2^64, as a policy wants them: where they leave less than `stake_nano`, it has that.
void add_row(EmissionInput& in, std::uint64_t stake_nano) {
  Wide all = 0;
  for (const std::uint64_t each : in.stake_nano) all += each;
  const Wide left = all < UINT64_MAX ? UINT64_MAX - all : 0;
  stake_nano = static_cast<std::uint64_t>(std::min<Wide>(stake_nano, left));
  in.uid.push_back(in.uid.empty() ? 0 : in.uid.back() + 1);
  in.role.push_back(static_cast<std::uint8_t>(Role::validator));
  in.stake_nano.push_back(stake_nano);
  in.last_update.push_back(in.block);
  const auto latest = std::max_element(in.registered_at.begin(), in.registered_at.end());
  in.registered_at.push_back(latest == in.registered_at.end() ? 1 : *latest + 1);
  if (!in.registered_block.empty()) in.registered_block.push_back(0);
  in.permit.push_back(1);
  in.owner.push_back(0);
  in.parent.push_back(0xffffffffu);
  in.fee.push_back(0);
  in.payable.push_back(1);
  in.score_sum_ppm.push_back(0);
  in.score_count.push_back(0);
  in.weights.row_at.push_back(in.weights.row_at.back());
  in.bonds.row_at.push_back(in.bonds.row_at.back());
}

// The last row weighs as the consensus does; where there is none, as the mean scores.
void copy_consensus(EmissionInput& in, const std::vector<std::uint16_t>& consensus) {
  Csr16& w = in.weights;
  const std::size_t last = in.uid.size() - 1;
  w.col.resize(w.row_at[last]);
  w.val.resize(w.row_at[last]);
  Ppm best = 0;
  std::vector<Ppm> mean(last, 0);
  for (std::size_t i = 0; i < last; ++i) {
    mean[i] = ppm_mean(in.score_sum_ppm[i], in.score_count[i]);
    best = std::max(best, mean[i]);
  }
  const bool named = any(consensus);
  for (std::size_t i = 0; i < last; ++i) {
    std::uint16_t value = i < consensus.size() ? consensus[i] : std::uint16_t{0};
    if (!named && best != 0) {
      value = static_cast<std::uint16_t>(std::uint64_t{mean[i]} * 65'535 / best);
    }
    if (value == 0) continue;
    w.col.push_back(static_cast<std::uint32_t>(i));
    w.val.push_back(value);
  }
  w.row_at[last + 1] = w.col.size();
}

Csr16 bonds_after(const Csr16& before, const EmissionOutput& out) {
  Csr16 after;
  after.row_at.push_back(0);
  for (std::size_t r = 0; r < out.bonds_row.size(); ++r) {
    const Csr16* from = out.bonds_row[r] == SBN_BONDS_SET    ? &out.bonds
                        : out.bonds_row[r] == SBN_BONDS_KEEP ? &before
                                                             : nullptr;
    for (std::uint64_t i = from ? from->row_at[r] : 0; from && i < from->row_at[r + 1]; ++i) {
      after.col.push_back(from->col[i]);
      after.val.push_back(from->val[i]);
    }
    after.row_at.push_back(after.col.size());
  }
  return after;
}

// The next epoch: everybody weighs again just before its end.
void step(EmissionInput& in, const EmissionOutput& out) {
  const auto tempo = in.params.find(SBN_PARAM_TEMPO);
  in.last_step_block = in.block;
  in.block += tempo == in.params.end() ? tempo_otherwise
                                       : static_cast<std::uint64_t>(tempo->second);
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    if (weighs(in, i) || i + 1 == in.uid.size()) in.last_update[i] = in.block;
  }
  if (any(out.permit)) in.permit = out.permit;
  in.bonds = bonds_after(in.bonds, out);
  ++in.epoch;
}

std::uint64_t earned(const EmissionOutput& out, std::size_t row) {
  return any(out.validator_nano) ? out.validator_nano[row] : out.amount_nano[row];
}

// Rounded down; of nothing: nothing.
std::uint64_t ppm_of(Wide part, Wide whole) {
  constexpr Wide most = ~Wide{0} / ppm_one;
  while (part > most || whole > most) {  // what is cut off does not show in a millionth
    part >>= 1;
    whole >>= 1;
  }
  const Wide ppm = whole == 0 ? 0 : part * ppm_one / whole;
  return static_cast<std::uint64_t>(std::min<Wide>(ppm, UINT64_MAX));
}

CopierEarnings earnings(const EmissionInput& in, const EmissionOutput& out) {
  CopierEarnings found;
  const std::size_t last = in.uid.size() - 1;
  Wide stake = 0;
  for (std::size_t i = 0; i < last; ++i) {
    if (!weighs(in, i)) continue;
    found.validators_nano += earned(out, i);
    stake += in.stake_nano[i];
  }
  found.copier_nano = earned(out, last);
  found.per_stake_ppm = ppm_of(Wide{found.copier_nano} * stake,
                               Wide{found.validators_nano} * in.stake_nano[last]);
  return found;
}

}  // namespace

std::uint64_t mean_stake_nano(const EmissionInput& in) {
  Wide stake = 0;
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    if (!weighs(in, i)) continue;
    stake += in.stake_nano[i];
    ++rows;
  }
  return rows == 0 ? 0 : static_cast<std::uint64_t>(stake / rows);
}

Result<CopierEarnings> copier_earnings(const Compute& policy, EmissionInput in,
                                       const Copier& copier) {
  if (!in.uid.empty() && in.uid.back() == UINT32_MAX) {
    return fail(Errc::malformed, "no uid is left for a weight copier after 4294967295");
  }
  add_row(in, copier.stake_nano);
  SUBNETD_TRY(EmissionOutput out, policy(in));
  for (std::uint32_t epoch = 0; epoch < copier.epochs; ++epoch) {
    step(in, out);
    copy_consensus(in, out.consensus);
    SUBNETD_TRY(out, policy(in));
  }
  return earnings(in, out);
}

}  // namespace subnetd::cli
