// SPDX-License-Identifier: 0BSD
// The plugins of the simulation: matchers and policies that answer well, badly, or late.
#pragma once

#include <vector>

#include "engine/engine.hpp"
#include "sim/options.hpp"
#include "sim/rng.hpp"

namespace subnetd::sim {

// Matches every unmatched copy it can, least loaded validator first; when rebalancing, also moves
// copies from fuller to emptier validators.
std::vector<engine::Move> greedy_moves(const engine::State& s, bool rebalance);
// Random moves: wrong slots, copies, validators and reasons, some of them twice.
std::vector<engine::Move> junk_moves(const engine::State& s, Rng& rng);

// By exact shares of the score sums; the rest is dust, or unallocated when nobody scored.
EmissionOutput correct_shares(const EmissionInput& in);
Result<EmissionOutput> policy_answer(const EmissionInput& in, Policy policy);

}  // namespace subnetd::sim
