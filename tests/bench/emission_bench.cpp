// SPDX-License-Identifier: 0BSD
// The consensus policies against numpy's doubles, which run as a child on the same machine: the
// kernel on columns that lie ready, and the plugin through the ABI. Both in the CPU time of their
// thread, the best of some.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emission_input.hpp"
#include "epoch.hpp"
#include "payout.hpp"
#include "plugin/emission.hpp"
#include "plugin_instance.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

using consensus::Chain;
using consensus::Rules;

// Best CPU seconds of an epoch in numpy, asked once for each shape; 0: there is no numpy.
double numpy_s(const std::string& algo, std::size_t v, std::size_t n) {
  static std::map<std::string, double> known;
  const std::string shape = algo + ' ' + std::to_string(v) + ' ' + std::to_string(n);
  if (const auto it = known.find(shape); it != known.end()) return it->second;
  const std::string command =
      "/usr/bin/python3 " SUBNETD_SOURCE_DIR "/tests/bench/emission_peer.py " + shape + " 0.5";
  double best = 0;
  if (FILE* child = popen(command.c_str(), "r")) {
    if (std::fscanf(child, "%lf", &best) != 1) best = 0;
    pclose(child);
  }
  return known[shape] = best;
}

Rules rules_of(const std::string& algo, bool fast) {
  Rules r;
  r.chain = algo == "linear"                       ? Chain::commune_linear
            : algo == "yuma"                       ? Chain::commune_yuma
                                                   : Chain::bittensor;
  r.fast = fast;
  r.yuma3 = algo != "yuma2";
  r.liquid_alpha = algo == "yuma3_liquid";
  r.validators_max = r.commune() ? -1 : 65535;
  r.threads = 1;
  return r;
}

// One shape, prepared.
struct Resident {
  EmissionInput input;
  sbn_emission_in in;
  Rules rules;
  consensus::Standing standing;
  consensus::Columns columns;
  std::vector<std::uint16_t> old_bonds;  // of the tiles, where an epoch puts the new ones
  const consensus::Kernel* kernel;

  Resident(EmissionInput&& drawn, const Rules& wanted)
      : input(std::move(drawn)),
        in(plugin::raw_columns(input, {})),
        rules(wanted),
        standing(consensus::standing_of(in, rules)),
        columns(consensus::columns_of(in, rules, standing)),
        kernel(&consensus::kernel_of(rules)) {
    const consensus::Tiles& t = columns.tiles;
    old_bonds.assign(t.bond.at(0), t.bond.at(t.line(t.count, 0)));
  }
  // Before each epoch: that they all begin with the same.
  void put_back() {
    std::copy(old_bonds.begin(), old_bonds.end(), columns.tiles.bond.at(0));
  }
  void epoch() {
    auto outcome = consensus::run_epoch(rules, standing, columns, *kernel,
                                        consensus::Crew());
    consensus::settle_dividends(in, rules, standing, outcome.dividends);
    auto payout = consensus::pay(in, rules, standing, outcome);
    benchmark::DoNotOptimize(payout);
  }
};

struct Best {
  double s = 1e9;
  template <class Work>
  double time(Work&& work) {
    return time(work, [](auto&& timed) { return cpu_seconds(timed); });
  }
  template <class Work, class Clock>
  double time(Work&& work, Clock&& clock) {
    const double took = clock(work);
    s = std::min(s, took);
    return took;
  }
};

// `at_least` is the promise for AVX-512; elsewhere the number stands alone.
void report(benchmark::State& state, double ours_s, double peer_s, double at_least) {
  state.counters["ours_ms"] = ours_s * 1e3;
  state.counters["numpy_ms"] = peer_s * 1e3;
  if (peer_s == 0) return state.SkipWithError("numpy did not run");
  state.counters["of_target"] = peer_s / ours_s;
  const bool avx512 = std::string(consensus::kernel_of(Rules{}).name) == "avx512";
  if (avx512 && at_least > 0) state.counters["at_least"] = at_least;
}

void kernel(benchmark::State& state, const char* algo, Shape shape, double at_least,
            consensus::Path path = consensus::Path::automatic) {
  Rules rules = rules_of(algo, false);
  rules.path = path;
  try {
    consensus::kernel_of(rules);
  } catch (const subnet::failure& lacking) {
    return state.SkipWithError(lacking.what());
  }
  Resident resident(dense(shape), rules);
  Best best;
  for (auto _ : state) {
    resident.put_back();
    state.SetIterationTime(best.time([&] { resident.epoch(); }));
  }
  state.SetLabel(resident.kernel->name);
  report(state, best.s, numpy_s(algo, shape.validators, shape.nodes), at_least);
}

// Every round is another epoch, with none of the weights and bonds of the one before. What an
// instance that was just made takes for its first, and the best of the others.
void abi(benchmark::State& state, const char* algo, const char* policy, Shape shape,
         double at_least) {
  EmissionInput epochs[] = {dense(shape, 0), dense(shape, 1)};
  for (EmissionInput& input : epochs) {
    input.params[SBN_PARAM_YUMA3] = std::string(algo) == "yuma2" ? 0 : 1;
    input.params[SBN_PARAM_MAX_VALIDATORS] = 65535;
  }
  plugin::Emission emission(
      load_instance("subnet.emission/1", policy, R"({"threads":1})"));
  std::size_t rounds = 0;
  const auto round = [&] {
    auto out = emission.compute(epochs[rounds++ % 2]);
    if (!out) state.SkipWithError(out.error().message.c_str());
    benchmark::DoNotOptimize(out);
  };
  const double cold_s = cpu_seconds(round);
  Best best;
  for (auto _ : state) state.SetIterationTime(best.time(round));
  report(state, best.s, numpy_s(algo, shape.validators, shape.nodes), at_least);
  state.counters["cold_ms"] = cold_s * 1e3;
}

// Two ways of ours, in turns.
void against(benchmark::State& state, Rules ours, Rules peer, double at_most) {
  const Shape shape{static_cast<std::size_t>(state.range(0)),
                    static_cast<std::size_t>(state.range(1))};
  Resident a(dense(shape), ours), b(dense(shape), peer);
  Race race;
  for (auto _ : state) {
    a.put_back();
    b.put_back();
    state.SetIterationTime(race.round([&] { a.epoch(); }, [&] { b.epoch(); }));
  }
  race.report(state, at_most);
}
void liquid(benchmark::State& state) {
  against(state, rules_of("yuma3_liquid", false), rules_of("yuma3", false), 3);
}
void fast(benchmark::State& state) {
  against(state, rules_of("yuma2", true), rules_of("yuma2", false), 1);
}

// Two threads against one through the ABI, on the wall's clock and in CPU time of the thread that
// calls, which is what remains to it where the other core is free. The host's checks and memory,
// and counting the entries of columns, stay on one.
void threads(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const EmissionInput input = dense({n, n});
  plugin::Emission one(load_instance("subnet.emission/1", "yuma", R"({"threads":1})"));
  plugin::Emission two(load_instance("subnet.emission/1", "yuma", R"({"threads":2})"));
  Best one_wall, two_wall, one_cpu, two_cpu;
  const auto time = [&](plugin::Emission& policy, Best& wall, Best& cpu) {
    return wall.time([&] { cpu.time([&] { benchmark::DoNotOptimize(policy.compute(input)); }); },
                     [](auto&& work) { return seconds(work); });
  };
  for (auto _ : state) {
    state.SetIterationTime(time(two, two_wall, two_cpu));
    time(one, one_wall, one_cpu);
  }
  state.counters["one_ms"] = one_wall.s * 1e3;
  state.counters["two_ms"] = two_wall.s * 1e3;
  state.counters["caller_ratio"] = two_cpu.s / one_cpu.s;
  state.counters["ratio"] = two_wall.s / one_wall.s;
}

// The highest that this process's memory ever was, in MiB.
double peak_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

struct Peaks {
  double before = 0, after = 0;  // of the call
};

// In a child of its own: an epoch through the ABI. Nothing: it failed.
template <class Draw>
std::optional<Peaks> peaks_of(Draw&& draw) {
  int ends[2];
  if (pipe(ends) != 0) return std::nullopt;
  const pid_t child = fork();
  if (child == 0) {
    const EmissionInput input = draw();
    plugin::Emission emission(load_instance("subnet.emission/1", "yuma", R"({"threads":1})"));
    Peaks peaks{peak_mib()};
    const bool done = emission.compute(input).has_value();
    peaks.after = peak_mib();
    const bool told = write(ends[1], &peaks, sizeof(peaks)) == sizeof(peaks);
    _exit(done && told ? 0 : 1);
  }
  close(ends[1]);
  Peaks peaks;
  const bool read_all = read(ends[0], &peaks, sizeof(peaks)) == sizeof(peaks);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return read_all && status == 0 ? std::optional(peaks) : std::nullopt;
}

// A million miners by a thousand validators, ten million weights and as many bonds: all of it in
// a GiB.
void sparse(benchmark::State& state) {
  for (auto _ : state) {
    std::optional<Peaks> peaks;
    state.SetIterationTime(
        seconds([&] { peaks = peaks_of([] { return scattered(1000, 1'000'000, 10'000); }); }));
    if (!peaks) return state.SkipWithError("the child failed");
    state.counters["peak_mib"] = peaks->after;
    state.counters["ratio"] = peaks->after / 1024;
    state.counters["at_most"] = 1;  // GiB
  }
}

// 64 validators and 4,096 nodes, few columns alive: what a call adds, against one bond for every
// pair of nodes.
void alive(benchmark::State& state) {
  for (auto _ : state) {
    std::optional<Peaks> peaks;
    state.SetIterationTime(
        seconds([&] { peaks = peaks_of([] { return dense({64, 4096, 60}); }); }));
    if (!peaks) return state.SkipWithError("the child failed");
    state.counters["call_mib"] = peaks->after - peaks->before;
    state.counters["ratio"] = (peaks->after - peaks->before) / (4096.0 * 4096 * 2 / (1 << 20));
    state.counters["at_most"] = 1;
  }
}

BENCHMARK(alive)->Iterations(1)->UseManualTime();
BENCHMARK(sparse)->Iterations(1)->UseManualTime();
#define RACE(kind, name, ...) \
  BENCHMARK_CAPTURE(kind, name, __VA_ARGS__)->UseManualTime()->MinTime(0.2)
RACE(kernel, linear_64x256, "linear", Shape{64, 256}, 0);
RACE(kernel, yuma2_64x256, "yuma2", Shape{64, 256}, 20);
RACE(kernel, yuma_64x256, "yuma", Shape{64, 256}, 20);
RACE(kernel, yuma3_64x256, "yuma3", Shape{64, 256}, 20);
RACE(kernel, yuma3_liquid_64x256, "yuma3_liquid", Shape{64, 256}, 0);
RACE(kernel, yuma2_256x256, "yuma2", Shape{256, 256}, 0);
RACE(kernel, yuma2_1024x1024, "yuma2", Shape{1024, 1024}, 30);
RACE(kernel, yuma3_1024x1024, "yuma3", Shape{1024, 1024}, 30);
RACE(kernel, yuma3_liquid_1024x1024, "yuma3_liquid", Shape{1024, 1024}, 0);
RACE(kernel, yuma2_64x4096_6alive, "yuma2", (Shape{64, 4096, 60}), 0);
RACE(kernel, yuma2_4096x4096, "yuma2", Shape{4096, 4096}, 50);
RACE(kernel, yuma2_sn31_28x256, "yuma2", (Shape{28, 256, 300}), 10);
RACE(kernel, yuma2_avx2_64x256, "yuma2", Shape{64, 256}, 0, consensus::Path::avx2);
RACE(kernel, yuma2_avx2_1024x1024, "yuma2", Shape{1024, 1024}, 0, consensus::Path::avx2);
RACE(kernel, yuma2_avx2_4096x4096, "yuma2", Shape{4096, 4096}, 0, consensus::Path::avx2);
RACE(kernel, yuma2_plain_64x256, "yuma2", Shape{64, 256}, 0, consensus::Path::plain);
RACE(abi, yuma2_64x256, "yuma2", "yuma3", Shape{64, 256}, 0);
RACE(abi, yuma2_1024x1024, "yuma2", "yuma3", Shape{1024, 1024}, 15);
RACE(abi, yuma2_4096x4096, "yuma2", "yuma3", Shape{4096, 4096}, 25)->MinTime(0.6);
BENCHMARK(liquid)->Args({64, 256})->Args({1024, 1024})->UseManualTime()->MinTime(0.2);
BENCHMARK(fast)->Args({64, 256})->Args({1024, 1024})->UseManualTime()->MinTime(0.2);
BENCHMARK(threads)->Arg(1024)->Iterations(20)->UseManualTime();
BENCHMARK(threads)->Arg(4096)->Iterations(4)->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
