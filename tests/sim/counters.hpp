// SPDX-License-Identifier: 0BSD
// What a run has really been through. A counter that stays at zero over many seeds is a fault, a
// command or a rule that the simulation no longer reaches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/engine.hpp"

#define SUBNETD_SIM_COUNTERS(X)                                                                   \
  X(events)                                                                                       \
  X(turns) X(full_turns) X(appends) X(facts) X(starts) X(snapshots_taken) X(snapshots_loaded) X(  \
      crashes) X(appends_lost) X(appends_kept_unheard) X(stalls) X(clock_jumps)                   \
      X(clock_steps_back) X(queue_full) X(writes_lost) X(writes_twice) X(answers_lost) X(         \
          verdicts_lost) X(verdicts_twice) X(verdicts_void) X(slow_nodes) X(dead_nodes)           \
          X(lying_nodes) X(garbage_nodes) X(byzantine_nodes) X(bad_matchings) X(bad_policies) X(  \
              late_policies) X(moves_refused) X(answers_malformed) X(answers_refused)             \
              X(answers_conflict) X(answers_not_found) X(registered) X(registered_again) X(       \
                  updated) X(keys_changed) X(capacities_shrunk) X(removed) X(statuses_set)        \
                  X(mapped) X(unmapped) X(retyped) X(matched) X(rematched) X(rebalancings) X(     \
                      unmatched_no_validator) X(unmatched_no_capacity) X(unmatched_own_validator) \
                      X(unmatched_not_distinct) X(unmatched_unknown_type) X(unmatched_refused)    \
                          X(due) X(owed) X(scored) X(scored_by_agent) X(miner_failed)             \
                              X(validator_failed) X(plugin_failed) X(carried) X(stand_ins)        \
                                  X(trials) X(cancelled) X(miners_missed) X(miners_back)          \
                                      X(validators_missed) X(validators_back) X(flagged)          \
                                          X(flags_cleared) X(epochs_by_clock) X(epochs_by_hand)   \
                                              X(epochs_asked_again) X(epochs_held) X(epochs_paid) \
                                                  X(epochs_by_median) X(rows_left_unpaid)         \
                                                      X(settings_changed) X(redundancies_changed) \
                                                          X(open_requests_resumed)

namespace subnetd::sim {

enum class Seen : std::uint8_t {
#define SUBNETD_SIM_ONE(name) name,
  SUBNETD_SIM_COUNTERS(SUBNETD_SIM_ONE)
#undef SUBNETD_SIM_ONE
      end
};

class Counters {
 public:
  static constexpr std::size_t size = static_cast<std::size_t>(Seen::end);
  static const char* name(std::size_t i);

  void add(Seen what, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(what)] += n; }
  void add(const Counters& other);
  std::uint64_t at(std::size_t i) const { return counts_[i]; }
  std::uint64_t at(Seen what) const { return counts_[static_cast<std::size_t>(what)]; }
  // Counts a fact that is about to be applied.
  void take(const engine::State& s, const engine::Fact& fact);

 private:
  void take(const engine::State& s, const engine::Matched& f);
  void take(const engine::State& s, const engine::Verdict& f);
  void take(const engine::State& s, const engine::StatusSet& f);
  void take(const engine::State& s, const engine::NodePut& f);

  std::array<std::uint64_t, size> counts_{};
};

// "name=count" of all, six a line.
std::string table(const Counters& counters);

}  // namespace subnetd::sim
