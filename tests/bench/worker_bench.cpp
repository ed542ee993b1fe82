// SPDX-License-Identifier: 0BSD
// What a row costs in a worker: against the same detector in the daemon's process, and against its
// code called inline. Wall time, as most of a round trip is waiting for the other process.
#include <memory>
#include <string>
#include <vector>

#include "plugin/detector.hpp"
#include "plugin_instance.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

// Names as they occur, 12 to 40 bytes long.
const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    const char* stems[] = {"whisper-large-v", "stable-diffusion-xl-base-", "model.openai::gpt",
                           "llama-3-70b-instruct-q", "bge-m"};
    std::vector<std::string> made;
    for (int i = 0; i < 4096; ++i) made.push_back(stems[i % 5] + std::to_string(i));
    return made;
  }();
  return all;
}

std::unique_ptr<plugin::Instance> start(const char* isolation) {
  plugin::Placement placement;
  placement.isolation = isolation;
  placement.program = SUBNETD_BINARY_DIR "/bin/subnetd-worker";
  auto catalogue = plugin::Catalogue::open({SPEECH_DIR}, {}, nullptr, placement);
  auto offer = catalogue->find(SBN_KIND_DETECTOR, "speech");
  auto made = plugin::Instance::create(*offer, "{}", "the benchmark", {});
  if (made) return std::move(*made);
  std::fprintf(stderr, "%s\n", made.error().message.c_str());
  std::exit(1);
}

struct Rows {
  explicit Rows(std::size_t n) : type(n), confidence(n), runner_up(n), flags(n) {
    for (std::size_t i = 0; i < n; ++i) texts.push_back(plugin::str(names()[i]));
  }
  std::vector<sbn_str> texts;
  std::vector<std::uint32_t> type, confidence, runner_up, flags;

  void ask(plugin::Instance& instance) {
    const sbn_detect_in in{sizeof(in), 0, texts.size(), texts.data(), nullptr, nullptr, nullptr};
    sbn_detect_out out{sizeof(out),       0, texts.size(),     type.data(),
                       confidence.data(), runner_up.data(), flags.data()};
    const auto done = instance.call("detect", in.n, [&](const sbn_call* call, sbn_error* err) {
      return instance.table<sbn_detector>().detect(instance.self(), call, &in, &out, err);
    });
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    benchmark::DoNotOptimize(type.data());
  }
  // The example's rule, compiled into this loop.
  void inline_rule() {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool hit = texts[i].len >= 7 && std::memcmp(texts[i].data, "whisper", 7) == 0;
      type[i] = hit ? 1 : 0;
      confidence[i] = hit ? 950'000 : 0;
      runner_up[i] = flags[i] = 0;
    }
    benchmark::DoNotOptimize(type.data());
  }
};

void detect(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  auto here = start("inproc"), apart = start("process");
  Rows rows(batch);
  const std::size_t calls = std::max<std::size_t>(1, 8192 / batch);
  Race home, away;
  const auto repeat = [&](auto&& work) {
    return seconds([&] {
             for (std::size_t i = 0; i < calls; ++i) work();
           }) / static_cast<double>(calls * batch);
  };
  for (auto _ : state) {
    const double inlined_s = repeat([&] { rows.inline_rule(); });
    home.add(repeat([&] { rows.ask(*here); }), inlined_s);
    away.add(repeat([&] { rows.ask(*apart); }), inlined_s);
  }
  state.counters["inline_ns"] = home.peer_s() * 1e9;
  state.counters["inproc_ns"] = home.ours_s() * 1e9;
  state.counters["worker_ns"] = away.ours_s() * 1e9;
  state.counters["inproc_ratio"] = home.ours_s() / home.peer_s();
  state.counters["worker_ratio"] = away.ours_s() / away.peer_s();
  state.counters["more_ns"] = (away.ours_s() - home.ours_s()) * 1e9;
  state.counters["round_trip_us"] = away.ours_s() * 1e6 * static_cast<double>(batch);
}

BENCHMARK(detect)->Arg(1)->Arg(64)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace subnetd::bench
