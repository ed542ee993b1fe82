// SPDX-License-Identifier: 0BSD
// Two contestants in one process, run in turns so that both see the same machine. What is reported
// is the ratio of their median times, next to the times themselves. A round is timed in the CPU
// time of its thread, which others on the machine disturb least. One thread.
#pragma once

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace subnetd::bench {

template <class Work>
double seconds(Work&& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// Like seconds(), but only while this thread ran.
template <class Work>
double cpu_seconds(Work&& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double began = now();
  work();
  return now() - began;
}

// What is promised of an amount, the lower the better, on this class of machine: of several the
// tightest counts.
inline void hold(benchmark::State& state, double amount, double most) {
  const double of_target = most / amount;
  const auto before = state.counters.find("of_target");
  if (before != state.counters.end() && before->second.value <= of_target) return;
  state.counters["of_target"] = of_target;
  state.counters["at_least"] = 1;
}

class Race {
 public:
  // One round each; the one that begins changes from round to round. Ours, in seconds.
  template <class Ours, class Peer>
  double round(Ours&& ours, Peer&& peer) {
    const bool first = (++rounds_ & 1) != 0;
    if (!first) peer_s_.push_back(cpu_seconds(peer));
    ours_s_.push_back(cpu_seconds(ours));
    if (first) peer_s_.push_back(cpu_seconds(peer));
    return ours_s_.back();
  }

  // A round that was timed elsewhere.
  void add(double ours_s, double peer_s) {
    ours_s_.push_back(ours_s);
    peer_s_.push_back(peer_s);
  }

  double ours_s() const { return median(ours_s_); }
  double peer_s() const { return median(peer_s_); }

  // `at_most`: what the ratio should not pass; 0: no such promise.
  void report(benchmark::State& state, double at_most) const {
    state.counters["ratio"] = ours_s() / peer_s();
    if (at_most > 0) state.counters["at_most"] = at_most;
  }

 private:
  static double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }

  std::vector<double> ours_s_, peer_s_;
  std::uint64_t rounds_ = 0;
};

}  // namespace subnetd::bench
