// SPDX-License-Identifier: 0BSD
#include "standing.hpp"

#include <numeric>

namespace consensus {
namespace {

using uwide = unsigned __int128;

uint64_t plus(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

// Each share as I64F64 rounded down, then cut to I32F32.
std::vector<bits> shares_of(const std::vector<uint64_t>& stake) {
  uwide total = 0;
  for (const uint64_t s : stake) total += s;
  if (total > UINT64_MAX) {
    throw subnet::failure(SBN_E_INVALID, "the stakes add up to more than 2^64 - 1");
  }
  std::vector<bits> out(stake.size());
  if (total == 0) return out;
  for (size_t i = 0; i < stake.size(); ++i) {
    out[i] = static_cast<bits>(((uwide{stake[i]} << 64) / total) >> 32);
  }
  return out;
}

// Candidates by stake, ties to the lower uid.
std::vector<uint8_t> commune_permits(const sbn_emission_in& in, const Rules& rules) {
  std::vector<size_t> candidates;
  const uint64_t cutoff = plus(rules.activity_cutoff, rules.activity_cutoff);
  for (size_t i = 0; i < in.n; ++i) {
    const uint64_t age = in.block > in.last_update[i] ? in.block - in.last_update[i] : 0;
    const bool weighs = in.weights.row_at[i] != in.weights.row_at[i + 1];
    if (in.stake_nano[i] >= rules.stake_min && age <= cutoff && weighs) candidates.push_back(i);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](size_t a, size_t b) { return in.stake_nano[a] > in.stake_nano[b]; });
  constexpr int64_t most = 65535;
  const auto cap = static_cast<uint64_t>(rules.validators_max < 0 ? most : rules.validators_max);
  std::vector<uint8_t> out(in.n, 0);
  for (size_t k = 0; k < std::min<uint64_t>(cap, candidates.size()); ++k) out[candidates[k]] = 1;
  return out;
}

// Non-zero shares but the smallest; among equal ones the lower uid loses first.
std::vector<uint8_t> bittensor_permits(const std::vector<bits>& stake, const Rules& rules) {
  const size_t n = stake.size();
  std::vector<uint8_t> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = stake[i] != 0 ? 1 : 0;
  const uint64_t cap = rules.validators_max < 0 ? n : static_cast<uint64_t>(rules.validators_max);
  if (n < cap) return out;
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return stake[a] < stake[b]; });
  for (size_t k = 0; k < n - cap; ++k) out[order[k]] = 0;
  return out;
}

size_t owner_row(const sbn_emission_in& in, const Rules& rules) {
  if (rules.commune() || rules.owner_uid < 0) return SIZE_MAX;
  const auto wanted = static_cast<uint32_t>(rules.owner_uid);
  const uint32_t* at = std::lower_bound(in.uid, in.uid + in.n, wanted);
  return at != in.uid + in.n && *at == wanted ? static_cast<size_t>(at - in.uid) : SIZE_MAX;
}

void hear(const sbn_emission_in& in, const Rules& rules, Standing& s) {
  const bool needs_permit = !rules.commune() || rules.validators_max >= 0;
  s.active.resize(in.n);
  s.active_stake.resize(in.n);
  for (size_t i = 0; i < in.n; ++i) {
    s.active[i] = !late(in, rules, i) && !(rules.commune() && outdated(in, i, i)) ? 1 : 0;
    const bool heard = s.active[i] != 0 && (!needs_permit || s.permit[i] != 0);
    s.active_stake[i] = heard ? s.stake[i] : 0;
  }
  normalize(s.active_stake);
  s.voice = s.active_stake;
  normalize(s.voice);
  s.voice_total = sum(s.voice);
  s.voices = static_cast<size_t>(
      std::count_if(s.voice.begin(), s.voice.end(), [](bits v) { return v > 0; }));
  s.minority = s.voice_total - div(of_u16(rules.kappa), u16_one);
}

}  // namespace

Standing standing_of(const sbn_emission_in& in, const Rules& rules) {
  Standing s;
  s.owner = owner_row(in, rules);
  s.permit.assign(in.permit, in.permit + in.n);
  std::vector<uint64_t> stake(in.stake_nano, in.stake_nano + in.n);
  if (rules.commune()) {
    s.stake = shares_of(stake);
    s.next_permit = commune_permits(in, rules);
  } else {
    for (size_t i = 0; i < in.n; ++i) {
      if (i != s.owner && stake[i] < rules.stake_min) stake[i] = 0;
    }
    s.stake = shares_of(stake);
    s.next_permit = bittensor_permits(s.stake, rules);
    if (s.owner != SIZE_MAX) s.permit[s.owner] = s.next_permit[s.owner] = 1;
  }
  hear(in, rules, s);
  return s;
}

}  // namespace consensus
