// SPDX-License-Identifier: 0BSD
// The solver behind the built-in matchers: quotas against LEMON on the same network (the costs must
// be equal), whole subnets from scratch and after 1 % of the validators left, single events, and
// the same work by the rule of the prototype in Python and by four hashing rules.
#include <cstdio>
#include <map>
#include <numeric>
#include <optional>

#include "lemon_flow.hpp"
#include "match_peers.hpp"
#include "plain_trees.hpp"
#include "race.hpp"
#include "subnet/matching/strategy.hpp"

namespace subnetd::bench {
namespace {

using namespace subnet::matching;

double gap(double cost, double best) {
  return 100 * (cost / best - 1);
}

struct Problem {
  std::vector<std::uint64_t> need;
  std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> groups;  // types -> validators
};

Problem problem_of(const MatchWorld& w) {
  Problem out;
  out.need.assign(match_types, 0);
  for (const std::uint32_t t : w.type) ++out.need[t - 1];
  for (std::uint32_t v = 0; v < w.capacity.size(); ++v) {
    std::vector<std::uint32_t> types;
    for (auto i = w.types_at[v]; i < w.types_at[v + 1]; ++i) types.push_back(w.types[i] - 1);
    out.groups[types].push_back(v);
  }
  return out;
}

curve curve_of(const MatchWorld& w, std::uint32_t v) {
  curve c;
  c.capacity = c.most = w.capacity[v];
  c.base = unreliability_cost({}, w.reliability_ppm[v]);
  return c;
}

std::int64_t our_quotas(const MatchWorld& w, const Problem& in, double& seconds_taken) {
  quotas solved(in.need, 0);
  seconds_taken = cpu_seconds([&] {
    for (const auto& [types, validators] : in.groups) {
      std::vector<curve> curves;
      std::vector<std::uint64_t> order(validators.begin(), validators.end());
      for (const std::uint32_t v : validators) curves.push_back(curve_of(w, v));
      solved.add_group(types, std::move(curves), std::move(order));
    }
    solved.solve();
  });
  std::int64_t sum = 0;
  std::size_t g = 0;
  for (const auto& [types, validators] : in.groups) {
    for (std::size_t i = 0; i < validators.size(); ++i) {
      const curve c = curve_of(w, validators[i]);
      for (std::uint32_t u = 1; u <= solved.units(g)[i]; ++u) sum += c.cost_of(u, 0);
    }
    ++g;
  }
  return sum;
}

std::int64_t lemon_quotas(const MatchWorld& w, const Problem& in, double& seconds_taken) {
  std::vector<std::int64_t> supply(in.need.begin(), in.need.end());
  const auto sink = static_cast<std::uint32_t>(supply.size());
  supply.push_back(-std::accumulate(supply.begin(), supply.end(), std::int64_t{0}));
  std::vector<LemonFlow::Arc> arcs;
  for (const auto& [served, validators] : in.groups) {
    for (const std::uint32_t v : validators) {
      const auto node = static_cast<std::uint32_t>(supply.size());
      supply.push_back(0);
      const curve c = curve_of(w, v);
      for (const std::uint32_t t : served) arcs.push_back({t, node, 0, c.most});
      for (std::uint32_t u = 1; u <= c.most; ++u) arcs.push_back({node, sink, c.cost_of(u, 0), 1});
    }
  }
  LemonFlow flow(supply, arcs);
  std::int64_t sum = 0;
  seconds_taken = cpu_seconds([&] { sum = flow.run(); });
  return sum;
}

void quotas_against_lemon(benchmark::State& state) {
  const MatchWorld w(static_cast<std::uint32_t>(state.range(0)),
                     static_cast<std::uint32_t>(state.range(1)), 3);
  const Problem in = problem_of(w);
  Race race;
  for (auto _ : state) {
    double ours = 0, peer = 0;
    const std::int64_t a = our_quotas(w, in, ours), b = lemon_quotas(w, in, peer);
    if (a != b) return state.SkipWithError("LEMON's optimum is another");
    race.add(ours, peer);
    state.SetIterationTime(ours);
  }
  state.counters["lemon_ms"] = race.peer_s() * 1e3;
  state.counters["times_faster"] = race.peer_s() / race.ours_s();
  if (state.range(0) < 1'000'000) return;  // what is held to is a large subnet
  state.counters["of_target"] = race.peer_s() / race.ours_s() / 300;
  state.counters["at_least"] = 1;
}
BENCHMARK(quotas_against_lemon)
    ->Args({10'000, 100})
    ->Args({1'000'000, 10'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

// From scratch, then 1 % of the validators gone and all others held by the price of moves.
void balanced(benchmark::State& state) {
  MatchWorld w(static_cast<std::uint32_t>(state.range(0)),
               static_cast<std::uint32_t>(state.range(1)),
               static_cast<std::uint32_t>(state.range(2)));
  const pricing plain;
  std::vector<double> scratch;
  double sticky = 0;
  std::uint64_t moved = 0, unmatched = 0, orphans = 0;
  for (auto _ : state) {
    w.forget();
    const sbn_match_view raw = w.view();
    const subnet::match_view view(&raw);
    std::vector<std::uint32_t> result;
    scratch.push_back(cpu_seconds([&] { result = solution(view, plain).result(); }));
    state.SetIterationTime(scratch.back());
    orphans = w.leave(result, 100);
    sbn_match_view after = w.view();
    after.move_budget = UINT64_MAX;
    const subnet::match_view next(&after);
    sticky = cpu_seconds([&] {
      const solution solved(next, plain);
      moved = solved.moved();
      unmatched = static_cast<std::uint64_t>(
          std::count(solved.result().begin(), solved.result().end(), SBN_NONE));
    });
  }
  if (unmatched > 0) return state.SkipWithError("a miner has no validator");
  state.counters["sticky_ms"] = sticky * 1e3;
  state.counters["orphans"] = static_cast<double>(orphans);
  state.counters["moved_besides"] = static_cast<double>(moved);
  const double least = *std::min_element(scratch.begin(), scratch.end());
  if (state.range(0) == 1'000'000) hold(state, least, 0.010);
  if (state.range(0) == 10'000'000) {
    hold(state, least, 0.100);
    hold(state, sticky, 0.250);
  }
}
BENCHMARK(balanced)
    ->Args({10'000, 100, 3})
    ->Args({1'000'000, 10'000, 1})
    ->Args({1'000'000, 10'000, 3})
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK(balanced)
    ->Args({10'000'000, 100'000, 3})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

// The prototype's rule, filter and sort for every miner, in Python in the same run.
void against_python(benchmark::State& state) {
  const auto miners = static_cast<std::uint32_t>(state.range(0));
  const auto validators = static_cast<std::uint32_t>(state.range(1));
  const MatchWorld w(miners, validators, 1);
  const pricing plain;
  Race race;
  for (auto _ : state) {
    const sbn_match_view raw = w.view();
    const subnet::match_view view(&raw);
    std::size_t n = 0;
    const double ours = cpu_seconds([&] { n = solution(view, plain).result().size(); });
    const double peer = python_seconds(miners, validators);
    if (n != miners || peer <= 0) return state.SkipWithError("python3 gave no time");
    race.add(ours, peer);
    state.SetIterationTime(ours);
  }
  state.counters["python_s"] = race.peer_s();
  state.counters["times_faster"] = race.peer_s() / race.ours_s();
  if (state.range(0) < 100'000) return;
  state.counters["of_target"] = race.peer_s() / race.ours_s() / 10'000;
  state.counters["at_least"] = 1;
}
BENCHMARK(against_python)
    ->Args({10'000, 100})
    ->Args({100'000, 1'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

void hashing_peers(benchmark::State& state) {
  const MatchWorld w(static_cast<std::uint32_t>(state.range(0)),
                     static_cast<std::uint32_t>(state.range(1)), 3);
  const pricing plain;
  for (auto _ : state) {
    const sbn_match_view raw = w.view();
    const subnet::match_view view(&raw);
    std::vector<std::uint32_t> best;
    state.SetIterationTime(cpu_seconds([&] { best = solution(view, plain).result(); }));
    const double least = w.cost_of(best);
    for (const MatchPeer& peer : match_peers()) {
      std::vector<std::uint32_t> result;
      const double s = cpu_seconds([&] { result = peer.run(w); });
      const std::string name = peer.name;
      state.counters[name + "_ms"] = s * 1e3;
      state.counters[name + "_gap_%"] = gap(w.cost_of(result), least);
      state.counters[name + "_bad_%"] = w.bad_percent(result);
    }
  }
}
BENCHMARK(hashing_peers)
    ->Args({10'000, 100})
    ->Args({100'000, 1'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

// A subnet, solved; a strategy that follows it event by event; and the bare trees beside it.
struct Followed {
  Followed(std::int64_t miners, std::int64_t validators)
      : w(static_cast<std::uint32_t>(miners), static_cast<std::uint32_t>(validators), 1) {
    raw = w.view();
    w.current = solution(view, plain).result();
    raw = w.view();
    matcher.load(call, view);
    peer.emplace(w);
  }
  // Proposed, accepted and observed.
  std::uint64_t turn(std::span<const sbn_match_event> told) {
    sbn_match_out out{sizeof(out), 0, rows.size(), 0, rows.data()};
    subnet::moves sink(&out);
    matcher.propose(call, view, told, sink);
    for (std::uint64_t i = 0; i < out.n; ++i) w.current[rows[i].miner] = rows[i].validator;
    matcher.observe(call, view, told, std::span(rows.data(), out.n));
    return out.n;
  }
  // Looks at every miner, as the engine does.
  void miners_of(std::uint32_t v, std::vector<sbn_match_event>& out) const {
    for (std::uint32_t m = 0; m < w.current.size(); ++m)
      if (w.current[m] == v) out.push_back({SBN_MINER_CHANGED, m});
  }

  MatchWorld w;
  sbn_match_view raw{};
  const pricing plain;
  const subnet::match_view view{&raw};
  const subnet::call call{nullptr};
  strategy matcher{plain};
  std::optional<PlainTrees> peer;
  std::vector<sbn_match_move> rows{1'024};
};

// `at_most`: the floor, an absolute time, over what such trees took where it was set. On a slower
// or busier machine that decides.
void hold_beside(benchmark::State& state, const Race& race, double most_us, double at_most) {
  const double ours_us = race.ours_s() * 1e6, peer_us = race.peer_s() * 1e6;
  race.report(state, ours_us > most_us ? at_most : 0);
  hold(state, ours_us, std::max(most_us, at_most * peer_us));
}

void joins(benchmark::State& state) {
  Followed f(state.range(0), state.range(1));
  std::vector<double> ours, peer, leaves;
  std::uint64_t at = 12'345;
  for (auto _ : state) {
    for (int i = 0; i < 20'000; ++i) {
      at = at * 6'364'136'223'846'793'005ull + 1'442'695'040'888'963'407ull;
      const auto m = static_cast<std::uint32_t>((at >> 33) % f.w.type.size());
      f.w.current[m] = SBN_NONE;
      f.w.miner_state[m] = SBN_SLOT_FREE;
      const sbn_match_event left{SBN_MINER_LEFT, m}, joined{SBN_MINER_CHANGED, m};
      leaves.push_back(seconds([&] { f.turn({&left, 1}); }));
      f.w.miner_state[m] = SBN_SLOT_OPEN;
      ours.push_back(seconds([&] { f.turn({&joined, 1}); }));
      f.peer->miner_leaves(m);
      peer.push_back(seconds([&] { f.peer->miner_joins(m); }));
    }
  }
  const auto p99 = [](std::vector<double>& all) {
    const auto nth = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 99 / 100);
    std::nth_element(all.begin(), nth, all.end());
    return *nth;
  };
  state.counters["join_mean_us"] =
      std::accumulate(ours.begin(), ours.end(), 0.0) / static_cast<double>(ours.size()) * 1e6;
  Race race;
  race.add(p99(ours), p99(peer));
  state.counters["join_p99_us"] = race.ours_s() * 1e6;
  state.counters["peer_p99_us"] = race.peer_s() * 1e6;
  state.counters["leave_p99_us"] = p99(leaves) * 1e6;
  hold_beside(state, race, 1, 1 / 0.34);
}
BENCHMARK(joins)->Args({10'000, 100})->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(joins)->Args({1'000'000, 10'000})->Iterations(1)->Unit(benchmark::kMillisecond);

void orphans(benchmark::State& state) {
  Followed f(state.range(0), state.range(1));
  Race race;
  for (auto _ : state) {
    for (std::uint32_t v = 0; v < 100 && v < f.w.capacity.size() / 10; ++v) {
      std::vector<sbn_match_event> told{{SBN_VALIDATOR_LEFT, v}};
      f.miners_of(v, told);
      benchmark::DoNotOptimize(told.data());
      std::uint64_t moved = 0;
      const double peer_s = cpu_seconds([&] { moved = f.peer->validator_leaves(v); });
      told.resize(1);
      f.miners_of(v, told);  // again: it takes what is cached with it
      f.w.validator_state[v] = SBN_SLOT_CLOSED;
      for (std::size_t i = 1; i < told.size(); ++i) f.w.current[told[i].slot] = SBN_NONE;
      std::uint64_t rematched = 0;
      const double ours_s = cpu_seconds([&] { rematched = f.turn(told); });
      if (rematched + 1 != told.size())
        return state.SkipWithError("moves are not those of the orphans");
      if (rematched > 0 && moved > 0)
        race.add(ours_s / static_cast<double>(rematched), peer_s / static_cast<double>(moved));
    }
  }
  state.counters["orphan_us"] = race.ours_s() * 1e6;
  state.counters["peer_us"] = race.peer_s() * 1e6;
  hold_beside(state, race, 0.3, 0.3 / 0.14);
}
BENCHMARK(orphans)->Args({10'000, 100})->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(orphans)->Args({1'000'000, 10'000})->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace subnetd::bench
