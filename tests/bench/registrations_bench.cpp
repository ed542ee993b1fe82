// SPDX-License-Identifier: 0BSD
// The whole daemon: 1,024 keep-alive connections register miners over HTTP on a journal whose sync
// takes 5 ms more, against one connection, which gets a sync for each registration.
#include <cstdio>
#include <ctime>

#include "agent/agent.hpp"
#include "config/load.hpp"
#include "descriptors.hpp"
#include "folder.hpp"
#include "race.hpp"
#include "registration_clients.hpp"
#include "slow_disk.hpp"

namespace subnetd::bench {
namespace {

constexpr std::int64_t sync_more_ms = 5;
constexpr std::size_t connections = 1'024;
constexpr std::uint32_t full_run = 100'000;
constexpr double target_per_second = 20'000;

Result<std::unique_ptr<agent::Agent>> start(const Folder& folder) {
  agent::AgentOptions options;
  options.config = config::defaults();
  options.config.http.listen = "127.0.0.1:0";
  options.config.journal.path = folder.file("journal");
  options.config.prober.allow_private = true;
  options.config.plugins.search = {SUBNETD_BINARY_DIR "/plugins"};
  options.config.prober.allow_private = true;
  options.config.log.level = "error";
  options.journal_vfs = SlowDisk::name();
  options.version = "bench";
  return agent::Agent::start(std::move(options));
}

class Registrations {
 public:
  explicit Registrations(std::uint16_t port) : port_(port) {}

  // `n` fresh miners over these connections; the seconds it took, or why not.
  Result<double> run(RegistrationClients& clients, std::uint32_t n) {
    std::vector<std::string> requests;
    for (std::uint32_t i = 0; i < n; ++i)
      requests.push_back(registration_request(port_, number_++));
    SUBNETD_TRY(const RegistrationClients::Outcome outcome, clients.run(requests));
    if (outcome.accepted == n) return outcome.seconds;
    return fail(Errc::refused, "not created: " + outcome.first_refusal);
  }

 private:
  std::uint16_t port_;
  std::uint32_t number_ = 0;
};

void registrations(benchmark::State& state) {
  const auto together = static_cast<std::uint32_t>(state.range(0));
  const auto alone = static_cast<std::uint32_t>(state.range(1));
  if (const auto missing = raise_descriptors(2 * connections + 256); !missing.empty()) {
    return state.SkipWithError(missing.c_str());
  }
  const Folder folder;
  SlowDisk disk(sync_more_ms);
  auto daemon = start(folder);
  if (!daemon) return state.SkipWithError(daemon.error().message.c_str());
  auto many = RegistrationClients::connect((*daemon)->port(), connections);
  auto one = RegistrationClients::connect((*daemon)->port(), 1);
  if (!many || !one) return state.SkipWithError("no connection");
  Registrations miners((*daemon)->port());
  Race race;  // seconds a registration
  std::uint64_t created = 0, syncs = 0;
  std::clock_t cpu = 0;  // of all threads, the clients' included
  for (auto _ : state) {
    const std::uint64_t before = disk.syncs();
    const std::clock_t cpu_before = std::clock();
    const Result<double> fast = miners.run(*many, together);
    cpu += std::clock() - cpu_before;
    syncs += disk.syncs() - before;
    const Result<double> slow = fast ? miners.run(*one, alone) : fast;
    if (!slow) {
      state.SkipWithError(slow.error().message.c_str());
      break;
    }
    created += together;
    race.add(*fast / together, *slow / alone);
    state.SetIterationTime(*fast);
  }
  if (created == 0) return;
  const double per_second = 1 / race.ours_s();
  state.counters["per_second"] = per_second;
  state.counters["alone_per_second"] = 1 / race.peer_s();
  state.counters["ratio"] = per_second * race.peer_s();
  state.counters["facts_a_sync"] = static_cast<double>(created) / static_cast<double>(syncs);
  state.counters["cpu_us_each"] =
      1e6 * static_cast<double>(cpu) / CLOCKS_PER_SEC / static_cast<double>(created);
  if (together < full_run) return;
  state.counters["of_target"] = per_second / target_per_second;
  state.counters["at_least"] = 1;
}
BENCHMARK(registrations)
    ->Args({2'000, 20})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK(registrations)
    ->Args({full_run, 200})
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
