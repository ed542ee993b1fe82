// SPDX-License-Identifier: 0BSD
// A restart from a snapshot against a loop that reads the same bytes and fills the same index, and
// what a miner takes in memory.
#include <memory>
#include <numeric>
#include <optional>

#include "folder.hpp"
#include "journal/columns.hpp"
#include "journal/replay.hpp"
#include "journal/snapshot_codec.hpp"
#include "journal/sqlite_journal.hpp"
#include "population.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

constexpr double bytes_a_miner_max = 200;
constexpr std::uint32_t validators = 10'000;
constexpr auto take = engine::apply_stored;

std::unique_ptr<journal::SqliteJournal> journal_with(const std::string& path,
                                                     const engine::State& state) {
  auto opened = journal::SqliteJournal::open({.path = path});
  if (!opened) return nullptr;
  (*opened)->offer_snapshot(journal::encode_snapshot(state));
  for (Result<bool> more = true; more && *more;) more = (*opened)->maintain();
  return std::move(*opened);
}

// The least a restart can do: every byte read, unpacked and kept in one piece, and the same index
// over ids that lie ready in memory.
struct Least {
  std::string bytes;
  engine::IdIndex index;

  bool run(journal::Journal& journal, const std::string& ids, std::uint32_t n) {
    const auto head = journal.snapshot_head();
    if (!head || !*head) return false;
    bytes.reserve((*head)->parts * journal::snapshot_part_bytes);
    std::string part;
    for (std::uint64_t p = 0; p < (*head)->parts; ++p) {
      const auto packed = journal.snapshot_part(**head, p);
      if (!packed) return false;
      if (!journal::decompress(*packed, journal::packed_bytes(*packed), part)) return false;
      bytes += part;
    }
    const auto id_of = [&](std::uint32_t slot) { return std::string_view(&ids[slot * 20ul], 20); };
    std::vector<std::uint32_t> slots(n);
    std::iota(slots.begin(), slots.end(), 0u);
    index.insert_all(slots, id_of);
    return true;
  }
};

void restart(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const Folder folder;
  std::string ids;
  std::uint64_t digest = 0;
  double bytes_each = 0;
  std::unique_ptr<journal::SqliteJournal> journal;
  {
    const engine::State subnet = populate(n, std::min(n / 10, validators), true);
    for (std::uint32_t m = 0; m < n; ++m) ids += subnet.miner_id(m);
    bytes_each = static_cast<double>(subnet.memory_bytes()) / n;
    digest = subnet.digest.value();
    journal = journal_with(folder.file("journal"), subnet);
  }
  if (!journal) return state.SkipWithError("no journal");
  Race race;
  double snapshot_mib = 0;
  for (auto _ : state) {
    std::optional<Result<journal::Restored>> restored;
    Least least;
    bool read = false;
    state.SetIterationTime(race.round([&] { restored.emplace(journal::restore(*journal, take)); },
                                      [&] { read = least.run(*journal, ids, n); }));
    if (!*restored || !read || (**restored).state.digest.value() != digest) {
      return state.SkipWithError("what was restored differs");
    }
    snapshot_mib = static_cast<double>(least.bytes.size()) / (1 << 20);
    state.PauseTiming();
    restored.reset();
    least = {};
    state.ResumeTiming();
  }
  race.report(state, n >= 1'000'000 ? 2 : 0);
  state.counters["restore_ms"] = race.ours_s() * 1e3;
  state.counters["least_ms"] = race.peer_s() * 1e3;
  state.counters["unpacked_MiB"] = snapshot_mib;
  state.counters["bytes_a_miner"] = bytes_each;
  if (n >= 1'000'000) state.counters["bytes_to_limit"] = bytes_each / bytes_a_miner_max;
}
BENCHMARK(restart)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(restart)->Arg(1'000'000)->Iterations(7)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
