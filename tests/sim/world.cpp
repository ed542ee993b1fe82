// SPDX-License-Identifier: 0BSD
#include "sim/world.hpp"

#include <algorithm>

namespace subnetd::sim {

using namespace engine;

namespace {

// How long everything has to come to rest: a rebalancing, two rounds, a held epoch.
constexpr std::int64_t rest_ms = 150'000;

}  // namespace

World::World(const Options& options, const Disk& disk, bool trace)
    : options_(options),
      disk_(disk),
      print_(trace),
      rng_(options.seed ^ 0x5349'4d55'4c41'5445ull),
      settings_(settings_of(options)) {}

void World::after(std::int64_t ms, std::function<void()> happen) {
  heap_.push({time_ms_ + ms, ties_++, std::move(happen)});
}

void World::at_boot(std::int64_t ms, std::function<void()> happen) {
  after(ms, [this, life = life_, what = std::move(happen)] {
    if (up_ && life_ == life) what();
  });
}

Challenge World::seed() {
  Challenge challenge{};
  for (auto& byte : challenge) byte = static_cast<std::uint8_t>(rng_.next());
  return challenge;
}

void World::plan_faults() {
  for (std::uint64_t i = 0; i < options_.crashes; ++i) {
    after(rng_.between(1000, options_.faults_ms), [this] { crash(); });
  }
  for (std::uint64_t i = 0; i < options_.pauses; ++i) {
    after(rng_.between(1000, options_.faults_ms), [this] {
      // Mostly forward; sometimes back a little, as clocks do.
      const bool back = rng_.percent(20);
      jumped_ms_ += back ? -rng_.between(0, 5000) : rng_.between(0, 1'800'000);
      seen_.add(back ? Seen::clock_steps_back : Seen::clock_jumps);
    });
  }
  for (std::uint64_t i = 0; i < options_.stalls; ++i) {
    after(rng_.between(1000, options_.faults_ms), [this] {
      stalled_until_ms_ = time_ms_ + rng_.between(0, 12'000);
      seen_.add(Seen::stalls);
    });
  }
}

void World::run() {
  plan_clients();
  plan_faults();
  start();
  while (!heap_.empty()) {
    if (heap_.top().at_ms > options_.faults_ms + rest_ms) break;
    Event event = std::move(const_cast<Event&>(heap_.top()));
    heap_.pop();
    time_ms_ = event.at_ms;
    seen_.add(Seen::events);
    event.happen();
  }
  check_end();
  trace_.add(content_hash(durable_));
}

void World::check_end() {
  require(up_, "the daemon is down at the end");
  for (const Write& write : writes_) require(write.answered, "a write was never answered");
  require(inbox_.size() <= options_.inputs_per_turn + 8, "inputs pile up");
  const std::int64_t patience_ms = 2ll * live_.settings.deadline_ms + 10'000;
  for (const auto& [number, request] : live_.open) {
    require(live_.now_ms - request.since_ms <= patience_ms, "a request never ends");
  }
  require(live_.epoch.closed == 0 || live_.now_ms - live_.epoch.closed_at_ms < 75'000,
          "an epoch is never paid");
  check_matchable();
  check_probes();
  check_promises();
}

void World::check_matchable() const {
  if (!live_.open.empty() && live_.now_ms != durable_.now_ms) return;
  const State& s = durable_;
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (s.columns.state[m] != 1) continue;
    for (std::uint32_t c = 0; c < s.redundancy(); ++c) {
      if (s.current(m, c) != none) continue;
      const std::size_t at = std::size_t{m} * s.redundancy() + c;
      require(s.columns.since_s[at] * 1000ll <= s.now_ms - s.genesis_ms, "a wait begins later");
      const std::int64_t waits_ms = s.now_ms - s.genesis_ms - s.columns.since_s[at] * 1000ll;
      if (waits_ms < 70'000) continue;
      for (std::uint32_t v = 0; v < s.validators.size(); ++v) {
        require(!s.validator_alive(v) || why_not(s, m, c, v) != UnmatchedReason::none,
                "a miner that could be matched is not");
      }
    }
  }
}

// Whoever went missing is tried again when its time has come.
void World::check_probes() const {
  const State& s = durable_;
  const std::int64_t late_ms = 3 * options_.tick_ms + 2 * options_.append_ms_max + 2000;
  for (std::uint32_t v : s.lost_validators) {
    const ValidatorRow& row = s.validators[v];
    require(row.open > 0 || row.probe_at_ms + late_ms >= s.now_ms,
            "a validator that went missing is not tried again");
    require(row.probe_at_ms <= s.now_ms + (s.settings.interval_ms << 7),
            "a validator is tried again too late");
  }
}

}  // namespace subnetd::sim
