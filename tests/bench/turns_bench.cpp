// SPDX-License-Identifier: 0BSD
// The engine's turns alone: registrations posted to the loop by 1,024 callers that wait for the
// durable answer, on a journal whose sync takes 5 ms more; against one caller. No HTTP.
#include <atomic>
#include <chrono>
#include <memory>
#include <semaphore>

#include "agent/loop.hpp"
#include "folder.hpp"
#include "journal/sqlite_journal.hpp"
#include "population.hpp"
#include "race.hpp"
#include "slow_disk.hpp"

namespace subnetd::bench {
namespace {

constexpr std::int64_t sync_more_ms = 5;

agent::LoopHooks hooks() {
  agent::LoopHooks out;
  out.now_ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  out.random_seed = [] { return Challenge{}; };
  out.detect = [](const engine::State&, std::span<agent::Arrival> arrivals) {
    for (agent::Arrival& a : arrivals) {
      if (auto* in = std::get_if<engine::Register>(&a.input.body)) {
        in->detection = {"chat", 600'000, {}, false, "subnetd.patterns/patterns"};
      }
    }
    return arrivals.size();
  };
  out.match = [](const engine::State&, const engine::Effects&) {
    return std::vector<engine::Input>{};
  };
  out.matched = [](const engine::State&, std::span<const engine::Move>, const engine::Answer&) {};
  out.noted = [](const engine::State&, const engine::Fact&) {};
  out.committed = [](const engine::State&, const engine::Effects&, std::span<const engine::Fact>,
                     std::span<const agent::Arrival>) {};
  out.lost = [](const Error& error) { std::fprintf(stderr, "%s\n", error.message.c_str()); };
  return out;
}

// Callers that post their next registration when the last one is durable.
class Callers {
 public:
  Callers(agent::Loop& loop, std::uint32_t& number) : loop_(loop), number_(number) {}

  // False when one was refused.
  bool run(std::uint32_t callers, std::uint32_t registrations) {
    end_ = number_ + registrations;
    flying_ = 0;
    good_ = true;
    // The first posts come from here, all others from the engine thread.
    std::vector<agent::Arrival> first;
    while (first.size() < callers && number_ < end_) first.push_back(next());
    flying_ = static_cast<std::uint32_t>(first.size());
    for (agent::Arrival& arrival : first) loop_.post_always(std::move(arrival));
    over_.acquire();
    return good_;
  }

 private:
  agent::Arrival next() {
    agent::Arrival arrival;
    arrival.input.body = engine::Register{Role::miner, miner_record(number_++), {}, {}};
    arrival.done = [this](Result<engine::Answer> answer) {
      if (!answer) good_ = false;
      if (number_ < end_) {
        loop_.post_always(next());
      } else if (--flying_ == 0) {
        over_.release();
      }
    };
    return arrival;
  }

  agent::Loop& loop_;
  std::uint32_t& number_;
  std::uint32_t end_ = 0;
  std::uint32_t flying_ = 0;
  bool good_ = true;
  std::binary_semaphore over_{0};
};

void turns(benchmark::State& state) {
  const auto registrations = static_cast<std::uint32_t>(state.range(0));
  const auto alone = static_cast<std::uint32_t>(state.range(1));
  const Folder folder;
  SlowDisk disk(sync_more_ms);
  auto journal =
      journal::SqliteJournal::open({.path = folder.file("journal"), .vfs = SlowDisk::name()});
  if (!journal) return state.SkipWithError(journal.error().message.c_str());
  agent::Loop loop({}, **journal, hooks());
  loop.start(engine::Boot{engine::Settings{}, {"chat"}}, 50, {});
  std::uint32_t number = 0;
  Callers callers(loop, number);
  bool good = callers.run(1, 1);
  Race race;  // seconds a registration
  double created = 0, syncs = 0;
  for (auto _ : state) {
    const std::uint64_t before = disk.syncs();
    const double s = seconds([&] { good = callers.run(1'024, registrations) && good; });
    syncs += static_cast<double>(disk.syncs() - before);
    created += registrations;
    race.add(s / registrations, seconds([&] { good = callers.run(1, alone) && good; }) / alone);
    state.SetIterationTime(s);
  }
  loop.stop();
  if (!good) return state.SkipWithError("a registration was refused");
  state.counters["per_second"] = 1 / race.ours_s();
  state.counters["alone_per_second"] = 1 / race.peer_s();
  state.counters["ratio"] = race.peer_s() / race.ours_s();
  state.counters["facts_a_sync"] = created / syncs;
}
BENCHMARK(turns)->Args({2'000, 20})->Iterations(1)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(turns)
    ->Args({100'000, 200})
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
