// SPDX-License-Identifier: 0BSD
#include "sim/options.hpp"

#include <charconv>
#include <map>
#include <type_traits>

#include "sim/rng.hpp"

namespace subnetd::sim {
namespace {

// Every option with its name: what describe() writes and parse_options() reads.
void each_option(auto& o, auto&& visit) {
  visit("seed", o.seed);
  visit("miners", o.miners);
  visit("validators", o.validators);
  visit("types", o.types);
  visit("keys", o.keys);
  visit("capacity_max", o.capacity_max);
  visit("faults_ms", o.faults_ms);
  visit("tick_ms", o.tick_ms);
  visit("append_ms_max", o.append_ms_max);
  visit("inputs_per_turn", o.inputs_per_turn);
  visit("inputs_queued_max", o.inputs_queued_max);
  visit("drop_percent", o.drop_percent);
  visit("twice_percent", o.twice_percent);
  visit("delay_ms_max", o.delay_ms_max);
  visit("crashes", o.crashes);
  visit("torn_permille", o.torn_permille);
  visit("pauses", o.pauses);
  visit("stalls", o.stalls);
  visit("snapshot_permille", o.snapshot_permille);
  visit("changes", o.changes);
  visit("bad_node_percent", o.bad_node_percent);
  visit("bad_answer_percent", o.bad_answer_percent);
  visit("matching", o.matching);
  visit("policy", o.policy);
  visit("agent_types", o.agent_types);
  auto& s = o.settings;
  visit("redundancy", s.redundancy);
  visit("moves_per_minute", s.moves_per_minute);
  visit("interval_ms", s.interval_ms);
  visit("deadline_ms", s.deadline_ms);
  visit("misses_max", s.misses_max);
  visit("min_score_ppm", s.min_score_ppm);
  visit("median", s.median);
  visit("budget_nano", s.budget_nano);
  visit("epoch_ms", s.epoch_ms);
  visit("default_stake_nano", s.default_stake_nano);
}

std::uint64_t draw_budget(Rng& rng) {
  if (rng.percent(10)) return 0;
  if (rng.percent(10)) return rng.below(7);
  if (rng.percent(10)) return UINT64_MAX - rng.below(3);
  return rng.below(1'000'000'007);
}

engine::Settings draw_settings(Rng& rng) {
  engine::Settings s;
  s.redundancy = static_cast<std::uint32_t>(rng.between(1, rng.percent(10) ? 8 : 3));
  s.moves_per_minute = static_cast<std::uint32_t>(rng.below(4) * 5);
  s.interval_ms = rng.between(4, 20) * 1000;
  s.deadline_ms = static_cast<std::uint32_t>(rng.between(500, 3000));
  s.misses_max = static_cast<std::uint32_t>(rng.between(1, 4));
  s.min_score_ppm = static_cast<std::uint32_t>(rng.below(3) * 350'000);
  s.median = rng.percent(30);
  s.budget_nano = draw_budget(rng);
  s.epoch_ms = rng.between(15, 60) * 1000;
  s.default_stake_nano = rng.below(100);
  return s;
}

}  // namespace

Options options_of(std::uint64_t seed) {
  Rng rng(seed);
  Options o;
  o.seed = seed;
  const bool wide = rng.percent(6);
  o.miners = static_cast<std::uint64_t>(wide ? rng.between(100, 300)
                                             : rng.between(1, rng.percent(25) ? 60 : 20));
  o.validators = static_cast<std::uint64_t>(rng.between(1, wide ? 40 : 8));
  o.types = static_cast<std::uint64_t>(rng.between(1, rng.percent(15) ? 40 : 4));
  o.keys = rng.below(6);
  o.capacity_max = static_cast<std::uint64_t>(rng.between(1, rng.percent(30) ? 3 : 40));
  o.faults_ms = rng.between(60, rng.percent(10) ? 900 : 240) * 1000;
  o.tick_ms = rng.between(200, 1500);
  o.append_ms_max = rng.between(1, 400);
  o.inputs_per_turn = static_cast<std::uint64_t>(rng.between(1, rng.percent(30) ? 4 : 40));
  o.inputs_queued_max = static_cast<std::uint64_t>(rng.between(1, rng.percent(30) ? 4 : 60));
  o.drop_percent = rng.percent(30) ? 0 : rng.below(20);
  o.twice_percent = rng.below(15);
  o.delay_ms_max = rng.between(1, 3000);
  o.crashes = rng.below(6);
  o.torn_permille = rng.percent(50) ? 0 : rng.below(30);
  o.pauses = rng.below(4);
  o.stalls = rng.below(5);
  o.snapshot_permille = rng.below(30);
  o.changes = static_cast<std::uint64_t>(rng.between(5, wide ? 400 : 120));
  o.bad_node_percent = rng.below(80);
  o.bad_answer_percent = rng.below(70);
  o.matching = static_cast<Matching>(rng.below(4));
  o.policy = static_cast<Policy>(rng.below(5));
  o.agent_types = rng.percent(20) ? 1 + rng.below(o.types) : 0;
  o.settings = draw_settings(rng);
  return o;
}

engine::Settings settings_of(const Options& options) {
  engine::Settings settings = options.settings;
  for (std::uint64_t t = 0; t < options.agent_types; ++t) {
    settings.agent_types.push_back("t" + std::to_string(t));
  }
  return settings;
}

std::string describe(const Options& options) {
  std::string line;
  each_option(options, [&line](const char* name, const auto& value) {
    if (!line.empty()) line += ' ';
    line += std::string(name) + "=" + std::to_string(static_cast<std::uint64_t>(value));
  });
  return line;
}

std::optional<Options> parse_options(std::string_view line) {
  std::map<std::string_view, std::uint64_t> values;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    if (equals == word.npos) return std::nullopt;
    std::uint64_t value = 0;
    const char* end = word.data() + word.size();
    const auto read = std::from_chars(word.data() + equals + 1, end, value);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    values[word.substr(0, equals)] = value;
  }
  Options options;
  std::size_t found = 0;
  each_option(options, [&](const char* name, auto& value) {
    const auto it = values.find(name);
    if (it == values.end()) return;
    value = static_cast<std::remove_reference_t<decltype(value)>>(it->second);
    ++found;
  });
  std::size_t wanted = 0;
  each_option(options, [&wanted](const char*, auto&) { ++wanted; });
  if (found != wanted || values.size() != wanted) return std::nullopt;
  return options;
}

}  // namespace subnetd::sim
