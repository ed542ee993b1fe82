// SPDX-License-Identifier: 0BSD
// One turn of the engine in which 1 % of the validators leave: their miners are matched anew by the
// plugin `balanced` through the ABI, checked by the hard rules, and journaled by one append.
#include <cstdio>
#include <semaphore>

#include "agent/loop.hpp"
#include "agent/match_view.hpp"
#include "folder.hpp"
#include "journal/sqlite_journal.hpp"
#include "plugin/matcher.hpp"
#include "plugin_instance.hpp"
#include "population.hpp"
#include "race.hpp"

namespace subnetd::bench {
namespace {

double thread_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Appends as the journal does, behind a State that began elsewhere; knows when it was asked.
class Watched : public journal::Journal {
 public:
  Watched(journal::Journal& inner, std::uint64_t base) : inner_(inner), base_(base) {}
  Result<void> append(std::uint64_t head, std::span<const engine::Fact> facts,
                      std::uint64_t digest) override {
    ++appends;
    asked_s = thread_s();
    const double began = asked_s;
    Result<void> done = inner_.append(head - base_, facts, digest);
    append_s = thread_s() - began;
    return done;
  }
  std::uint64_t head() const override { return inner_.head() + base_; }
  Result<void> read(std::uint64_t after, const journal::OnTurn& each) override {
    return inner_.read(after - base_, each);
  }
  Result<std::optional<SnapshotHead>> snapshot_head() override { return inner_.snapshot_head(); }
  Result<std::string> snapshot_part(const SnapshotHead& head, std::uint64_t part) override {
    return inner_.snapshot_part(head, part);
  }
  void offer_snapshot(journal::Snapshot) override {}
  Result<bool> maintain() override { return false; }

  std::uint64_t appends = 0;
  double asked_s = 0, append_s = 0;

 private:
  journal::Journal& inner_;
  std::uint64_t base_;
};

class Matching {
 public:
  Matching() : matcher_(load_instance("subnet.matcher/1", "balanced")) {}

  agent::LoopHooks hooks() {
    agent::LoopHooks out;
    out.now_ms = [] { return std::int64_t{1'700'000'000'000}; };
    out.random_seed = [] { return Challenge{}; };
    out.detect = [this](const engine::State&, std::span<agent::Arrival> arrivals) {
      began_s = thread_s();
      return arrivals.size();
    };
    out.match = [this](const engine::State& s, const engine::Effects& e) { return match(s, e); };
    out.matched = [this](const engine::State& s, std::span<const engine::Move> accepted,
                         const engine::Answer& answer) {
      std::vector<sbn_match_move> moves;
      for (const engine::Move& m : accepted)
        moves.push_back({m.miner, m.copy, m.validator, static_cast<std::uint32_t>(m.reason)});
      good = matcher_.observe(view_.view(s, 0), events_, moves).has_value() && good;
      refused += answer.refused;
      rematched += accepted.size();
      events_.clear();
    };
    out.noted = [](const engine::State&, const engine::Fact&) {};
    out.committed = [](const engine::State&, const engine::Effects&, std::span<const engine::Fact>,
                       std::span<const agent::Arrival>) {};
    out.lost = [](const Error& error) { std::fprintf(stderr, "%s\n", error.message.c_str()); };
    return out;
  }

  double began_s = 0;
  std::uint64_t rematched = 0, refused = 0;
  bool good = true;

 private:
  std::vector<engine::Input> match(const engine::State& s, const engine::Effects& effects) {
    view_.renew(s);
    const sbn_match_view view = view_.view(s, 0);
    if (effects.match_reload) {
      good = matcher_.load(view).has_value() && good;
      return {};
    }
    for (const engine::MatchEvent& e : effects.match)
      events_.push_back({static_cast<std::uint32_t>(e.kind), e.slot});
    if (events_.empty()) return {};
    engine::MatchProposed proposed;
    for (const sbn_match_move& m : matcher_.propose(view, events_))
      proposed.moves.push_back(
          {m.miner, m.copy, m.validator, static_cast<UnmatchedReason>(m.reason)});
    return {{0, std::move(proposed)}};
  }

  plugin::Matcher matcher_;
  agent::MatchView view_;
  std::vector<sbn_match_event> events_;
};

void rematch(benchmark::State& state) {
  const auto miners = static_cast<std::uint32_t>(state.range(0));
  const auto validators = static_cast<std::uint32_t>(state.range(1));
  const Folder folder;
  auto sqlite = journal::SqliteJournal::open({.path = folder.file("journal")});
  if (!sqlite) return state.SkipWithError(sqlite.error().message.c_str());
  engine::State population = populate(miners, validators, true, miners / validators / 4 + 2);
  Watched journal(**sqlite, population.facts);
  Matching matching;
  agent::Loop loop(std::move(population), journal, matching.hooks());
  loop.start(engine::Boot{engine::Settings{}, {"chat", "embedding"}}, 3'600'000, {});
  std::binary_semaphore over{0};
  agent::Arrival last;
  const std::uint32_t leavers = std::max(1u, validators / 100);
  double decide_s = 0, append_s = 0;
  std::uint64_t appends = 0;
  bool left = true;
  for (auto _ : state) {
    // Posted in one go on the engine's thread: one turn takes them all.
    loop.read([&](const engine::State&) {
      appends = journal.appends;
      for (std::uint32_t i = 0; i < leavers; ++i) {
        agent::Arrival arrival;
        arrival.input.body =
            engine::Remove{Role::validator, validator_record(i * 100 % validators, 1).id};
        arrival.done = [&, ends = i + 1 == leavers](Result<engine::Answer> answer) {
          left = left && answer.has_value();
          if (ends) over.release();
        };
        loop.post_always(std::move(arrival));
      }
    });
    over.acquire();
    decide_s = journal.asked_s - matching.began_s;
    append_s = journal.append_s;
    appends = journal.appends - appends;
    state.SetIterationTime(decide_s);
  }
  loop.stop();
  if (!left || !matching.good || matching.refused > 0 || appends != 1 ||
      matching.rematched < std::uint64_t{leavers} * (miners / validators)) {
    return state.SkipWithError("not every orphan was matched in one append");
  }
  state.counters["orphans"] = static_cast<double>(matching.rematched);
  state.counters["append_ms"] = append_s * 1e3;
  state.counters["appends"] = static_cast<double>(appends);
  state.counters["of_target"] = 0.050 / decide_s;
  state.counters["at_least"] = 1;
}
BENCHMARK(rematch)
    ->Args({10'000, 100})
    ->Args({1'000'000, 10'000})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace
}  // namespace subnetd::bench
