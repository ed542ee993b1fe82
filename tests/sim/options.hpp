// SPDX-License-Identifier: 0BSD
// One seed, one set of options: how large the subnet is, who lives in it, what goes wrong. A run
// hangs on nothing else, so the printed set alone repeats it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/fact.hpp"

namespace subnetd::sim {

enum class Matching : std::uint8_t { greedy, forgetful, junk, stale };
enum class Policy : std::uint8_t { correct, wrong_sum, pays_flagged, failing, late };

struct Options {
  std::uint64_t seed = 0;
  std::uint64_t miners = 0;
  std::uint64_t validators = 0;
  std::uint64_t types = 0;
  std::uint64_t keys = 0;  // how many keys the nodes share; 0: none has one
  std::uint64_t capacity_max = 0;
  std::int64_t faults_ms = 0;  // after that nothing goes wrong any more
  std::int64_t tick_ms = 0;
  std::int64_t append_ms_max = 0;
  std::uint64_t inputs_per_turn = 0;
  std::uint64_t inputs_queued_max = 0;
  std::uint64_t drop_percent = 0;   // of what clients send and get
  std::uint64_t twice_percent = 0;  // of writes and of verdicts
  std::int64_t delay_ms_max = 0;
  std::uint64_t crashes = 0;
  std::uint64_t torn_permille = 0;      // of appends: the process ends while they are under way
  std::uint64_t pauses = 0;             // the clock jumps by up to half an hour
  std::uint64_t stalls = 0;             // no turn for up to twelve seconds
  std::uint64_t snapshot_permille = 0;  // of appends
  std::uint64_t changes = 0;  // updates, removals, mappings, validations, epochs by clients
  std::uint64_t bad_node_percent = 0;
  std::uint64_t bad_answer_percent = 0;  // of the matcher and the policy
  Matching matching = Matching::greedy;
  Policy policy = Policy::correct;
  std::uint64_t agent_types = 0;  // t0, t1, …: judged by the daemon itself
  engine::Settings settings;

  bool operator==(const Options&) const = default;
};

Options options_of(std::uint64_t seed);
// Every option in one line, as it is printed with a violation, and back.
std::string describe(const Options& options);
std::optional<Options> parse_options(std::string_view line);
// The settings that follow from options: agent_types by name.
engine::Settings settings_of(const Options& options);

}  // namespace subnetd::sim
