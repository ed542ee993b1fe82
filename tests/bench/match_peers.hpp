// SPDX-License-Identifier: 0BSD
// A drawn subnet of seven types, and the rules that others match by: as peers, not for use.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "subnet/matcher.h"

namespace subnetd::bench {

inline constexpr std::uint32_t match_types = 7;

// Miners by uneven shares of the types; validators with up to `served` types, a quarter more
// capacity than miners, capacities that differ by five, reliability mostly high.
struct MatchWorld {
  MatchWorld(std::uint32_t miners, std::uint32_t validators, std::uint32_t served);
  sbn_match_view view() const;  // borrows the columns
  void forget();                // nobody is matched, everybody is there
  // Puts the result in place, then every nth validator leaves; says how many lose theirs.
  std::uint64_t leave(const std::vector<std::uint32_t>& result, std::uint32_t nth);
  // sum L^2/2C + B (1-r) L
  double cost_of(const std::vector<std::uint32_t>& result) const;
  // Of the miners: without a validator, or above its capacity.
  double bad_percent(const std::vector<std::uint32_t>& result) const;

  std::vector<std::uint8_t> miner_state, validator_state;
  std::vector<std::uint32_t> type, zeros, current, capacity, reliability_ppm, types;
  std::vector<std::uint64_t> order, types_at{0};
};

struct MatchPeer {
  const char* name;
  std::function<std::vector<std::uint32_t>(const MatchWorld&)> run;
};
// Rendezvous (weighted, bounded), the better of two, bounded consistent hashing, Maglev.
const std::vector<MatchPeer>& match_peers();

// The prototype's rule in Python: CPU seconds to match every miner once; 0: it did not run.
double python_seconds(std::uint32_t miners, std::uint32_t validators);

}  // namespace subnetd::bench
