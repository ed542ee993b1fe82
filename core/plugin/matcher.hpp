// SPDX-License-Identifier: 0BSD
// The matcher: shapes the call, checks that an answer names only what exists, and stands a plain
// greedy in for a matcher that was disabled. Hard rules are the engine's; report_refused() tells
// the matcher's record when its moves broke one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugin/instance.hpp"
#include "subnet/matcher.h"

namespace subnetd::plugin {

using MatchEvents = std::span<const sbn_match_event>;
using Moves = std::vector<sbn_match_move>;

class Matcher {
 public:
  explicit Matcher(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {}

  Result<void> load(const sbn_match_view& view);
  // Never fails: a matcher that does is replaced for this answer by the greedy one.
  Moves propose(const sbn_match_view& view, MatchEvents events);
  Moves solve(const sbn_match_view& view);
  Result<void> observe(const sbn_match_view& view, MatchEvents events,
                       std::span<const sbn_match_move> accepted);
  Result<std::string> explain(const sbn_match_view& view, std::uint32_t miner);
  void report_refused(std::uint32_t moves, const std::string& first);
  // Answers that the greedy one gave.
  std::uint64_t fallbacks() const { return fallbacks_; }
  Instance& instance() { return *instance_; }

 private:
  using Slot = std::function<sbn_status(const sbn_call*, sbn_match_out*, sbn_error*)>;
  Result<Moves> ask(const char* slot_name, std::uint64_t items, const sbn_match_view& view,
                    const Slot& slot);

  // The moves, or those of the stand-in where there are none or too few.
  Moves answered(const sbn_match_view& view, std::optional<MatchEvents> events,
                 Result<Moves> moves);
  Moves stand_in(const sbn_match_view& view);

  std::unique_ptr<Instance> instance_;
  std::uint64_t fallbacks_ = 0;
  const char* last_slot_ = "solve";
  bool index_lost_ = false;  // load or observe failed: load again before the next proposal
  std::uint64_t workers_lost_ = 0;  // at the last load
};

// Whether every move names an open miner, a copy, and a validator that is there or a reason; empty
// when so, else what is wrong. With `hard_rules` also capacity, type, ownership and distinctness.
std::string find_violation(const sbn_match_view& view, std::span<const sbn_match_move> moves,
                           bool hard_rules);
// A copy that nobody has and no move answers, of the miners that the events say changed; of all
// open ones without events. Empty when there is none.
std::string find_unanswered(const sbn_match_view& view, std::optional<MatchEvents> events,
                            std::span<const sbn_match_move> moves);

}  // namespace subnetd::plugin
