// SPDX-License-Identifier: 0BSD
// The daemon's shell in small: turns, one append each, and only then answers and effects.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "sim/plugins.hpp"
#include "sim/world.hpp"

namespace subnetd::sim {

using namespace engine;
using engine::Verdict;

void World::start() {
  ++life_;
  up_ = true;
  seen_.add(Seen::starts);
  live_ = recovered();
  require(live_.digest.value() == durable_.digest.value(), "a replay has another digest");
  require(content_hash(live_) == content_hash(durable_), "a replay leads to another state");
  check_promises();
  if (life_ > 1 && rng_.percent(40)) draw_new_settings();
  Boot boot;
  boot.settings = settings_;
  for (std::uint64_t t = 0; t < options_.types; ++t) boot.types.push_back("t" + std::to_string(t));
  // Comes and goes with the detector that declares it.
  if (rng_.percent(30)) boot.types.push_back("x" + std::to_string(rng_.below(4)));
  epoch_opened_ms_ = epoch_closed_ms_;  // what was not durable did not happen
  resuming_ = true;
  arrive({Input{0, std::move(boot)}});
  tick();
}

// The last snapshot and the facts after it; sometimes all facts from the first.
State World::recovered() {
  const bool whole = !snapshot_ || rng_.percent(30);
  State state = whole ? State{} : *snapshot_;
  if (!whole) seen_.add(Seen::snapshots_loaded);
  for (std::size_t i = state.facts; i < journal_.size(); ++i) {
    require(apply_stored(state, journal_[i]).has_value(), "a stored fact is refused");
  }
  return state;
}

// An operator edited the file before the start.
void World::draw_new_settings() {
  settings_.redundancy = static_cast<std::uint32_t>(rng_.between(1, rng_.percent(10) ? 8 : 3));
  settings_.misses_max = static_cast<std::uint32_t>(rng_.between(1, 4));
  settings_.min_score_ppm = static_cast<std::uint32_t>(rng_.below(3) * 350'000);
  settings_.moves_per_minute = static_cast<std::uint32_t>(rng_.below(4) * 5);
  settings_.interval_ms = rng_.between(4, 20) * 1000;
  settings_.epoch_ms = rng_.between(15, 60) * 1000;
  settings_.median = rng_.percent(30);
  if (rng_.percent(30)) settings_.budget_nano = rng_.below(1'000'000);
  settings_.agent_types.clear();
  if (rng_.percent(15)) settings_.agent_types.push_back(rng_.percent(50) ? any_type : "t0");
}

// Memory is gone. What was being appended may or may not have reached the disk.
void World::crash() {
  if (!up_) return;
  seen_.add(Seen::crashes);
  if (appending_) {
    const bool kept = rng_.percent(50);
    seen_.add(kept ? Seen::appends_kept_unheard : Seen::appends_lost);
    if (kept) commit();
  }
  up_ = false;
  stalled_until_ms_ = 0;
  model_.lose();
  inbox_.clear();
  writes_waiting_ = 0;
  turn_scheduled_ = appending_ = false;
  taken_.clear();
  facts_.clear();
  sessions_.clear();
  last_moves_.clear();
  after(rng_.between(10, 20'000), [this] { start(); });
}

void World::tick() {
  if (inbox_.size() < options_.inputs_per_turn) arrive({Input{0, Tick{seed(), seed()}}});
  at_boot(options_.tick_ms, [this] { tick(); });
}

void World::arrive(Arrival arrival) {
  if (!up_) return;
  if (arrival.write != no_write) {
    if (writes_waiting_ >= options_.inputs_queued_max) {
      seen_.add(Seen::queue_full);
      answer_write(arrival.write, fail(Errc::unavailable, "the queue is full"));
      return;
    }
    ++writes_waiting_;
  }
  inbox_.push_back(std::move(arrival));
  schedule();
}

void World::schedule() {
  if (turn_scheduled_ || appending_ || inbox_.empty()) return;
  turn_scheduled_ = true;
  const std::int64_t stalled_ms = std::max<std::int64_t>(0, stalled_until_ms_ - time_ms_);
  at_boot(stalled_ms + rng_.between(0, 3), [this] {
    turn_scheduled_ = false;
    turn();
  });
}

Answer World::decide_one(const Input& input, Result<Answer>* answer) {
  Decision decision = decide(live_, input);
  const auto* proposed = std::get_if<MatchProposed>(&input.body);
  for (const Fact& fact : decision.facts) {
    const auto* matched = std::get_if<Matched>(&fact.body);
    if (matched != nullptr && proposed != nullptr && !proposed->rebalance) {
      for (const Move& move : matched->moves) {
        require(live_.current(move.miner, move.copy) == none, "a matched copy moved out of turn");
      }
    }
    const auto* closed = std::get_if<EpochClosed>(&fact.body);
    if (closed != nullptr && closed->epoch == live_.epoch.open) {
      const bool by_clock = std::holds_alternative<Tick>(input.body);
      seen_.add(by_clock ? Seen::epochs_by_clock : Seen::epochs_by_hand);
      require(!by_clock || fact.now_ms - epoch_opened_ms_ >= live_.settings.epoch_ms,
              "an epoch was closed before its time");
      epoch_opened_ms_ = fact.now_ms;
    }
    const auto* emitted = std::get_if<EpochEmitted>(&fact.body);
    const auto* computed = std::get_if<EmissionComputed>(&input.body);
    if (emitted != nullptr && emitted->unallocated_nano > computed->output->unallocated_nano) {
      seen_.add(Seen::rows_left_unpaid);
    }
    apply(live_, fact, effects_);
    facts_.push_back(fact);
  }
  if (answer != nullptr) {
    *answer = decision.answer;
    if (decision.answer) model_.accept(input, *decision.answer);
    require(decision.answer || decision.facts.empty() ||
                std::holds_alternative<EmissionComputed>(input.body),
            "a refused write left facts");
  }
  return decision.answer ? *decision.answer : Answer{};
}

void World::turn() {
  seen_.add(Seen::turns);
  if (inbox_.size() > options_.inputs_per_turn) seen_.add(Seen::full_turns);
  const std::size_t n = std::min<std::size_t>(inbox_.size(), options_.inputs_per_turn);
  taken_.assign(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(n));
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(n));
  facts_.clear();
  effects_ = {};
  answers_.assign(n, Answer{});
  for (std::size_t i = 0; i < n; ++i) {
    taken_[i].input.now_ms = clock_ms();
    taken_[i].facts_from = facts_.size();
    decide_one(taken_[i].input, &answers_[i]);
    taken_[i].facts_to = facts_.size();
  }
  if (resuming_) {
    resuming_ = false;
    effects_ = resume(live_);
  }
  match_all();
  append();
}

void World::match_all() {
  for (int round = 0; round < 4; ++round) {
    if (effects_.match.empty() && !effects_.match_reload && !effects_.rebalance) return;
    Effects asked;
    asked.match.swap(effects_.match);
    asked.match_reload = std::exchange(effects_.match_reload, false);
    asked.rebalance = std::exchange(effects_.rebalance, false);
    propose(asked);
  }
}

void World::propose(const Effects& asked) {
  MatchProposed answer;
  answer.rebalance = asked.rebalance;
  answer.moves = greedy_moves(live_, asked.rebalance);
  if (faulty() && rng_.percent(options_.bad_answer_percent)) {
    if (options_.matching != Matching::greedy) seen_.add(Seen::bad_matchings);
    switch (options_.matching) {
      case Matching::greedy: break;
      case Matching::forgetful: answer.moves.clear(); break;
      case Matching::junk: answer.moves = junk_moves(live_, rng_); break;
      case Matching::stale: answer.moves = last_moves_; break;
    }
  }
  last_moves_ = answer.moves;
  Input input{live_.now_ms, answer};
  seen_.add(Seen::moves_refused, decide_one(input, nullptr).refused);
  if (faulty() && rng_.percent(options_.twice_percent)) {
    seen_.add(Seen::moves_refused, decide_one(input, nullptr).refused);
  }
}

void World::append() {
  if (facts_.empty()) return release();
  appending_ = true;
  at_boot(rng_.between(0, faulty() ? options_.append_ms_max : 4), [this] {
    commit();
    appending_ = false;
    release();
  });
  if (faulty() && rng_.below(1000) < options_.torn_permille) crash();
}

void World::store(const Fact& fact) {
  if (disk_.fact == nullptr) return journal_.push_back(fact);
  journal_.push_back(disk_.fact(fact, journal_.size() + 1));
  require(journal_.back() == fact, "a fact came back from the disk as another");
}

void World::take_snapshot() {
  seen_.add(Seen::snapshots_taken);
  snapshot_ = disk_.state == nullptr ? durable_ : disk_.state(durable_);
  require(content_hash(*snapshot_) == content_hash(durable_), "a snapshot holds another state");
}

// The facts are on the disk now, whether or not anyone gets to hear of it.
void World::commit() {
  seen_.add(Seen::appends);
  for (const Fact& fact : facts_) {
    seen_.take(durable_, fact);
    oracle_.before(durable_, fact);
    Effects ignored;
    apply(durable_, fact, ignored);
    oracle_.after(durable_, fact);
    store(fact);
    trace_.add(durable_.digest.value());
    const auto* closed = std::get_if<EpochClosed>(&fact.body);
    if (closed != nullptr && closed->epoch > epochs_closed_) {
      epochs_closed_ = closed->epoch;
      epoch_closed_ms_ = fact.now_ms;
    }
  }
  model_.keep();
  require(live_.digest.value() == durable_.digest.value(), "memory and journal differ");
  if (seen_.at(Seen::appends) % 8 == 0) {
    require(content_hash(live_) == content_hash(durable_), "memory and journal differ in content");
  }
  oracle_.settled(durable_);
  model_.check(durable_);
  if (rng_.below(1000) < options_.snapshot_permille) take_snapshot();
  if (print_) {
    std::printf("%lld ms  append %llu  facts %zu  head %zu  digest %016llx\n",
                static_cast<long long>(time_ms_),
                static_cast<unsigned long long>(seen_.at(Seen::appends)), facts_.size(),
                journal_.size(), static_cast<unsigned long long>(durable_.digest.value()));
  }
}

// Whoever is told that a write is done can rely on it: what it led to is in the journal.
void World::tell(const Arrival& arrival, const Result<Answer>& answer, std::size_t base) {
  for (std::size_t i = arrival.facts_from; i < arrival.facts_to; ++i) {
    require(base + i < journal_.size() && journal_[base + i] == facts_[i],
            "a write was acknowledged that is not in the journal");
  }
  answer_write(arrival.write, answer);
}

void World::release() {
  require(live_.facts == durable_.facts, "an effect left before its fact was durable");
  const std::size_t base = journal_.size() - facts_.size();
  std::vector<Arrival> taken = std::move(taken_);
  taken_.clear();
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i].write == no_write) continue;
    --writes_waiting_;
    tell(taken[i], answers_[i], base);
  }
  facts_.clear();
  for (std::uint64_t request : effects_.validate) start_validation(request);
  for (std::uint64_t request : effects_.cancel) {
    seen_.add(Seen::cancelled);
    sessions_.erase(request);
  }
  if (effects_.emit != 0) compute_emission();
  require(writes_waiting_ <= options_.inputs_queued_max, "the queue has no bound");
  schedule();
}

void World::start_validation(std::uint64_t request) {
  require(live_.open.contains(request) == durable_.open.contains(request),
          "a validation begins before it is durable");
  const auto it = live_.open.find(request);
  if (it == live_.open.end()) return;  // void again in the same turn
  if (!sessions_.insert(request).second) return;
  std::int64_t latency_ms = 0;
  const ValidationDone done = judged(it->second, latency_ms);
  const std::int64_t deadline_ms = live_.settings.deadline_ms;
  ValidationDone end{request, done.outcome, done.score_ppm, done.by_agent};
  const bool lost = faulty() && rng_.percent(options_.drop_percent);
  if (lost) seen_.add(Seen::verdicts_lost);
  if (lost || latency_ms > deadline_ms) {
    latency_ms = deadline_ms;
    end.outcome = end.by_agent ? VerdictOutcome::miner_failed : VerdictOutcome::validator_failed;
  }
  at_boot(latency_ms, [this, request, end] { end_validation(request, end); });
}

// A session ends once; a faulty shell may say so twice, late, or after it was cancelled.
void World::end_validation(std::uint64_t request, ValidationDone end) {
  const bool twice = faulty() && rng_.percent(options_.twice_percent);
  if (sessions_.erase(request) == 0 && !twice) return;
  if (!live_.open.contains(end.request)) seen_.add(Seen::verdicts_void);
  arrive({Input{0, end}});
  if (!twice) return;
  seen_.add(Seen::verdicts_twice);
  end.score_ppm = static_cast<Ppm>(rng_.below(2 * ppm_one));
  end.outcome = static_cast<VerdictOutcome>(rng_.below(5));
  if (rng_.percent(30)) end.request = rng_.below(live_.next_request + 3);
  sessions_.erase(end.request);
  at_boot(rng_.between(0, options_.delay_ms_max), [this, end] { arrive({Input{0, end}}); });
}

void World::compute_emission() {
  const EmissionInput in = emission_input(live_);
  const bool bad = faulty() && rng_.percent(options_.bad_answer_percent);
  const Policy policy = bad ? options_.policy : Policy::correct;
  if (policy == Policy::late) seen_.add(Seen::late_policies);
  if (policy != Policy::late && policy != Policy::correct) seen_.add(Seen::bad_policies);
  EmissionComputed computed{in.epoch, "sim", policy_answer(in, policy),
                            EmissionRows{in.registered_at, in.payable}};
  const std::int64_t delay_ms =
      policy == Policy::late ? rng_.between(1000, 20'000) : rng_.between(0, options_.delay_ms_max);
  at_boot(delay_ms, [this, computed] { arrive({Input{0, computed}}); });
  if (faulty() && rng_.percent(options_.twice_percent)) {
    at_boot(delay_ms + 5, [this, computed] { arrive({Input{0, computed}}); });
  }
}

}  // namespace subnetd::sim
