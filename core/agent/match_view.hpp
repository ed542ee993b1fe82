// SPDX-License-Identifier: 0BSD
// What a matcher sees: the miner columns of State as they are, and validator columns kept beside
// them, renewed when a validator changed. Engine thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/state.hpp"
#include "subnet/matcher.h"

namespace subnetd::agent {

class MatchView {
 public:
  void renew(const engine::State& state);
  // Borrowed: valid until the next apply() or renew().
  sbn_match_view view(const engine::State& state, std::uint64_t move_budget) const {
    return view(state, state.columns, move_budget);
  }
  // The miners from a copy of the state's columns: valid as long as that, until renew().
  sbn_match_view view(const engine::State& state, const engine::MinerColumns& miners,
                      std::uint64_t move_budget) const;

 private:
  std::vector<std::uint8_t> validator_state_;
  std::vector<std::uint32_t> capacity_, reliability_ppm_, owner_, region_, types_;
  std::vector<std::uint64_t> order_, types_at_;
};

}  // namespace subnetd::agent
