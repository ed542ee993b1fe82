// SPDX-License-Identifier: 0BSD
// Who counts this epoch and how much: activity, permits and shares of stake.
#pragma once

#include "rules.hpp"

namespace consensus {

struct Standing {
  std::vector<uint8_t> active;  // weighed recently enough
  std::vector<uint8_t> permit;  // may be heard now
  std::vector<uint8_t> next_permit;
  std::vector<bits> stake;         // share of all stake
  std::vector<bits> active_stake;  // of those heard, normalised
  std::vector<bits> voice;         // the same once more, as the median normalises again
  bits voice_total = 0;
  size_t voices = 0;               // how many have one
  bits minority = 0;               // what a consensus may leave below it; negative: nothing
  size_t owner = SIZE_MAX;         // row of the subnet's owner
};

Standing standing_of(const sbn_emission_in& in, const Rules& rules);

// The block at which a node took its place; without the column none is ever too late.
inline uint64_t registered(const sbn_emission_in& in, size_t i) {
  return SBN_HAS(&in, registered_block) && in.registered_block ? in.registered_block[i] : 0;
}
// Whether entries i -> j are about whoever had j's place before.
inline bool outdated(const sbn_emission_in& in, size_t i, size_t j) {
  return in.last_update[i] <= registered(in, j);
}
// Whether i's last row is older than the chain heeds.
inline bool late(const sbn_emission_in& in, const Rules& rules, size_t i) {
  return in.block > in.last_update[i] && in.block - in.last_update[i] > rules.activity_cutoff;
}

}  // namespace consensus
