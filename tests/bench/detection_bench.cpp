// SPDX-License-Identifier: 0BSD
// Detection through the ABI: against the plugin's own code called inline, and against what other
// libraries do with the same patterns and names.
#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pattern_names.hpp"
#include "pattern_sets.hpp"
#include "plugin/detector.hpp"
#include "plugin_instance.hpp"
#include "race.hpp"
#include "scored.hpp"
#include "seed.hpp"

namespace subnetd::bench {
namespace {

constexpr std::size_t names_a_round = 64 * 1024;

const std::vector<std::string>& real_names() {
  static const std::vector<std::string> all = [] {
    std::ifstream in(SUBNETD_SOURCE_DIR "/tests/vectors/detection/seed.tsv");
    std::vector<std::string> names;
    for (std::string line; std::getline(in, line);) {
      names.push_back(line.substr(0, line.find('\t')));
    }
    return names;
  }();
  return all;
}

struct Columns {
  explicit Columns(std::size_t n) : type(n), confidence(n), runner_up(n), flags(n) {}
  std::vector<std::uint32_t> type, confidence, runner_up, flags;
};

using Batches = std::vector<std::vector<sbn_str>>;

// A round's names, as often as it takes, in batches as a caller has them.
Batches batches(const std::vector<std::string>& names, std::size_t batch) {
  Batches all;
  for (std::size_t i = 0, n = names_a_round / batch; i < n; ++i) {
    auto& one = all.emplace_back();
    for (std::size_t k = 0; k < batch; ++k) {
      one.push_back(plugin::str(names[(i * batch + k) % names.size()]));
    }
  }
  return all;
}

// The slot of the table, called as the host calls it: guarded, counted and timed.
void detect(plugin::Instance& instance, const std::vector<sbn_str>& batch, Columns& to) {
  const auto& table = instance.table<sbn_detector>();
  const sbn_detect_in in{sizeof(in), 0, batch.size(), batch.data(), nullptr, nullptr, nullptr};
  sbn_detect_out out{sizeof(out),        0, batch.size(), to.type.data(), to.confidence.data(),
                     to.runner_up.data(), to.flags.data()};
  auto status = instance.call("detect", batch.size(), [&](auto* moment, auto* err) {
    return table.detect(instance.self(), moment, &in, &out, err);
  });
  benchmark::DoNotOptimize(status);
  benchmark::ClobberMemory();
}

patterns::Rules seed_rules(std::span<const std::string> keys) {
  patterns::Rules rules;
  const patterns::Group group{"chat", patterns::Kind::substring, 0, 1};
  if (keys.empty()) {
    for (const auto& word : patterns::seed_table()) {
      rules.add({word.type, patterns::Kind::substring, 0, 1}, word.pattern, false);
    }
  }
  rules.reserve(keys.size());
  for (const std::string& key : keys) rules.add(group, key, false);
  return rules;
}

void report(benchmark::State& state, const Race& race, double limit) {
  const double ns = 1e9 / static_cast<double>(names_a_round);
  race.report(state, limit);
  state.counters["ns_a_name"] = race.ours_s() * ns;
  state.counters["peer_ns_a_name"] = race.peer_s() * ns;
  state.counters["names_a_s"] = static_cast<double>(names_a_round) / race.ours_s();
}

// What the ABI adds to the plugin's own code.
void call(benchmark::State& state) {
  const auto instance = load_instance("subnet.detector/1", "patterns", R"({"mode":"seed"})");
  patterns::Rules rules = seed_rules({});
  const patterns::Seed inlined(rules);
  const Batches all = batches(real_names(), static_cast<std::size_t>(state.range(0)));
  Columns ours(all[0].size()), theirs(all[0].size());
  Race race;
  for (auto _ : state) {
    state.SetIterationTime(race.round(
        [&] {
          for (const auto& batch : all) detect(*instance, batch, ours);
        },
        [&] {
          for (const auto& batch : all) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
              const patterns::Answer answer = inlined.answer(plugin::view_of(batch[i]));
              theirs.type[i] = answer.type;
              theirs.confidence[i] = answer.confidence_ppm;
              theirs.runner_up[i] = theirs.flags[i] = 0;
            }
            benchmark::ClobberMemory();
          }
        }));
  }
  if (ours.type != theirs.type || ours.confidence != theirs.confidence) {
    state.SkipWithError("the plugin and the inline code differ");
  }
  report(state, race, state.range(0) >= 64 ? 1.2 : 0);
  state.counters["overhead_ns_a_name"] =
      (race.ours_s() - race.peer_s()) * 1e9 / static_cast<double>(names_a_round);
}
BENCHMARK(call)->Arg(1)->Arg(64)->Arg(1024)->Arg(4096)->UseManualTime();

// Substring patterns in batches of 1,024, against a peer called name by name.
struct Field {
  explicit Field(std::size_t n) : patterns(PatternNames(1).patterns(n)) {
    PatternNames source(2);
    for (std::size_t i = 0; i < names_a_round; ++i) names.push_back(source.name());
    all = batches(names, 1024);
  }
  // Ours answers a batch by types; whatever it finds, the peer must.
  template <class Peer, class Ours>
  void race(benchmark::State& state, Ours&& ours) {
    Peer peer(patterns);
    std::vector<std::uint32_t> types(1024), theirs(1024);
    Race race;
    std::size_t differ = 0;
    for (auto _ : state) {
      state.SetIterationTime(race.round(
          [&] {
            for (const auto& batch : all) ours(batch, types);
          },
          [&] {
            for (const auto& batch : all) {
              for (std::size_t i = 0; i < batch.size(); ++i) {
                theirs[i] = peer.first(plugin::view_of(batch[i]));
              }
              benchmark::ClobberMemory();
            }
          }));
      for (std::size_t i = 0; i < 1024; ++i) {
        differ += (types[i] == 0) != (theirs[i] == no_pattern) ? 1 : 0;
      }
    }
    if (differ != 0) state.SkipWithError("ours and the peer differ");
    report(state, race, patterns.size() <= 1000 ? 0.5 : 0);
    hold(state, race.ours_s() / static_cast<double>(names_a_round),
         1 / (patterns.size() <= 25 ? 20e6 : patterns.size() <= 1'000 ? 17e6 : 2.5e6));
  }
  std::vector<std::string> patterns, names;
  Batches all;
};

template <class Peer>
void through_the_abi(benchmark::State& state, const std::string& mode) {
  Field field(static_cast<std::size_t>(state.range(0)));
  std::string lines;
  for (const std::string& pattern : field.patterns) lines += pattern + "\\n";
  const std::string settings =
      R"({"mode":")" + mode +
      R"(","vocabulary":false,"rules":[{"type":"chat","kind":"substring","lines":")" + lines +
      "\"}]}";
  std::unique_ptr<plugin::Instance> instance;
  const double build_s = cpu_seconds(
      [&] { instance = load_instance("subnet.detector/1", "patterns", settings); });
  Columns columns(1024);
  field.race<Peer>(state, [&](const std::vector<sbn_str>& batch, std::vector<std::uint32_t>& to) {
    detect(*instance, batch, columns);
    to.swap(columns.type);
  });
  state.counters["build_s"] = build_s;
}

template <class Peer>
void inlined(benchmark::State& state) {
  Field field(static_cast<std::size_t>(state.range(0)));
  patterns::Rules rules = seed_rules(field.patterns);
  const patterns::Seed seed(rules);
  std::vector<std::string_view> names(1024);
  std::vector<patterns::Answer> answers(1024);
  field.race<Peer>(state, [&](const std::vector<sbn_str>& batch, std::vector<std::uint32_t>& to) {
    std::transform(batch.begin(), batch.end(), names.begin(), plugin::view_of);
    seed.answer(names, answers);
    for (std::size_t i = 0; i < answers.size(); ++i) to[i] = answers[i].type;
    benchmark::ClobberMemory();
  });
}

template <class Peer>
void seed_mode(benchmark::State& state) {
  through_the_abi<Peer>(state, "seed");
}
template <class Peer>
void ranked_mode(benchmark::State& state) {
  through_the_abi<Peer>(state, "ranked");
}
BENCHMARK(seed_mode<Re2Set>)->Arg(25)->Arg(1'000)->Arg(100'000)->UseManualTime();
BENCHMARK(seed_mode<Hyperscan>)->Arg(25)->Arg(1'000)->Arg(100'000)->UseManualTime();
BENCHMARK(ranked_mode<Hyperscan>)->Arg(25)->Arg(1'000)->Arg(100'000)->UseManualTime();
BENCHMARK(inlined<Hyperscan>)->Arg(25)->Arg(1'000)->UseManualTime();

// What a piece of work adds to the process at its highest, whatever it gives back.
class PeakGrowth {
 public:
  PeakGrowth() {
    malloc_trim(0);  // what others left free would hide it
    std::ofstream("/proc/self/clear_refs") << 5;  // the peak is what is resident now
    before_ = kilobytes("VmRSS:");
  }
  double megabytes() const { return (kilobytes("VmHWM:") - before_) * 1.024e-3; }

 private:
  static double kilobytes(const std::string& which) {
    std::ifstream in("/proc/self/status");
    for (std::string word; in >> word;) {
      double value = 0;
      if (word == which && in >> value) return value;
    }
    return 0;
  }
  double before_ = 0;
};

std::vector<std::string> many_names() {
  std::vector<std::string> names;
  PatternNames source(2);
  for (std::size_t i = 0; i < names_a_round; ++i) names.push_back(source.name());
  return names;
}

void report_million(benchmark::State& state, double round_s, double build_s, double peak_mb) {
  state.counters["names_a_s"] = static_cast<double>(names_a_round) / round_s;
  state.counters["build_s"] = build_s;
  state.counters["peak_mb"] = peak_mb;
  hold(state, round_s / static_cast<double>(names_a_round), 1 / 1.5e6);
  hold(state, build_s, 3);
  hold(state, peak_mb, 200);
}

// A million patterns, where the peers take minutes to build: the rules' own code alone, from the
// patterns as texts to the first answer.
void million(benchmark::State& state) {
  const std::vector<std::string> keys =
      PatternNames(1).patterns(static_cast<std::size_t>(state.range(0)));
  std::unique_ptr<patterns::Seed> seed;
  const PeakGrowth growth;
  const double build_s = cpu_seconds([&] {
    patterns::Rules rules = seed_rules(keys);
    seed = std::make_unique<patterns::Seed>(rules);
  });
  const double peak_mb = growth.megabytes();
  const std::vector<std::string> names = many_names();
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<patterns::Answer> answers(views.size());
  double least = 1e9;
  for (auto _ : state) {
    const double s = cpu_seconds([&] {
      for (std::size_t i = 0; i < views.size(); i += 1024) {
        seed->answer(std::span(views).subspan(i, 1024), std::span(answers).subspan(i, 1024));
      }
      benchmark::ClobberMemory();
    });
    least = std::min(least, s);
    state.SetIterationTime(s);
  }
  report_million(state, least, build_s, peak_mb);
  state.counters["mb"] = static_cast<double>(seed->memory_bytes()) / 1e6;
}
BENCHMARK(million)->Arg(1'000'000)->UseManualTime();

// The same as the daemon has it: settings as text, checked and handed to the plugin's file.
void million_through_the_abi(benchmark::State& state, const std::string& mode) {
  std::string settings =
      R"({"mode":")" + mode +
      R"(","vocabulary":false,"rules":[{"type":"chat","kind":"substring","lines":")";
  for (const std::string& key :
       PatternNames(1).patterns(static_cast<std::size_t>(state.range(0)))) {
    settings += key + "\\n";
  }
  settings += "\"}]}";
  std::unique_ptr<plugin::Instance> instance;
  const PeakGrowth growth;
  const double build_s = cpu_seconds([&] {
    instance = load_instance("subnet.detector/1", "patterns", std::move(settings));
  });
  const double peak_mb = growth.megabytes();
  const std::vector<std::string> names = many_names();
  const Batches all = batches(names, 1024);
  Columns columns(1024);
  double least = 1e9;
  for (auto _ : state) {
    const double s = cpu_seconds([&] {
      for (const auto& batch : all) detect(*instance, batch, columns);
    });
    least = std::min(least, s);
    state.SetIterationTime(s);
  }
  report_million(state, least, build_s, peak_mb);
}
BENCHMARK_CAPTURE(million_through_the_abi, seed, "seed")->Arg(1'000'000)->UseManualTime();
BENCHMARK_CAPTURE(million_through_the_abi, ranked, "ranked")->Arg(1'000'000)->UseManualTime();

// The default mode with the built-in vocabulary, through the ABI and inline.
void scored(benchmark::State& state) {
  const auto instance = load_instance("subnet.detector/1", "patterns");
  patterns::Rules rules;
  for (const auto& word : patterns::vocabulary()) {
    rules.add({word.type, patterns::Kind::token, word.priority, word.weight}, word.pattern, true);
  }
  rules.sort_by_rank();
  const patterns::Scored inlined(rules);
  PatternNames source(2);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < names_a_round; ++i) names.push_back(source.name());
  const Batches all = batches(names, static_cast<std::size_t>(state.range(0)));
  Columns ours(all[0].size());
  Race race;
  for (auto _ : state) {
    state.SetIterationTime(race.round(
        [&] {
          for (const auto& batch : all) detect(*instance, batch, ours);
        },
        [&] {
          for (const auto& batch : all) {
            for (const sbn_str& name : batch) {
              auto answer = inlined.answer({plugin::view_of(name), {}, {}});
              benchmark::DoNotOptimize(answer);
            }
          }
        }));
  }
  report(state, race, 1.2);
  hold(state, race.ours_s() / static_cast<double>(names_a_round), 1 / 2e6);
}
BENCHMARK(scored)->Arg(64)->Arg(1024)->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
