// SPDX-License-Identifier: 0BSD
#include "agent/loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <iterator>
#include <utility>

#include "domain/limits.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

Loop::Loop(engine::State state, journal::Journal& journal, LoopHooks hooks)
    : state_(std::move(state)), journal_(journal), hooks_(std::move(hooks)) {}

Loop::~Loop() {
  stop();
}

void Loop::start(engine::Boot boot, std::int64_t tick_ms, AnswerSink booted) {
  tick_ms_ = tick_ms;
  last_turn_ms_ = hooks_.now_ms();  // a first turn under way is no standstill
  resuming_ = true;
  Arrival first;
  first.input.body = std::move(boot);
  first.done = std::move(booted);
  inbox_.push_back(std::move(first));
  ++queued_;
  schedule();
  thread_ = std::thread([this] {
    auto work = asio::make_work_guard(io_);
    io_.run();
  });
  asio::post(io_, [this] { tick(); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    stopping_ = true;
    ticker_.cancel();
    while (!inbox_.empty()) turn();
    io_.stop();
  });
  thread_.join();
}

Result<void> Loop::post(Arrival arrival) {
  if (queued_.fetch_add(1) >= limits::inputs_queued_max) {
    --queued_;
    return fail(Errc::unavailable,
                "the queue of " + std::to_string(limits::inputs_queued_max) + " inputs is full",
                "try again in a moment");
  }
  asio::post(io_, [this, a = std::move(arrival)]() mutable { arrive(std::move(a)); });
  return {};
}

void Loop::post_always(Arrival arrival) {
  ++queued_;
  asio::post(io_, [this, a = std::move(arrival)]() mutable { arrive(std::move(a)); });
}

void Loop::read(std::function<void(const engine::State&)> query) {
  asio::post(io_, [this, q = std::move(query)] { q(state_); });
}

void Loop::arrive(Arrival arrival) {
  inbox_.push_back(std::move(arrival));
  schedule();
}

// The turn runs behind every arrival that is already queued, so a slow append makes the next turn
// larger, not later.
void Loop::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  asio::post(io_, [this] {
    scheduled_ = false;
    turn();
  });
}

void Loop::tick() {
  if (stopping_) return;
  if (inbox_.size() < limits::inputs_per_turn) {
    Arrival arrival;
    arrival.input.body = engine::Tick{hooks_.random_seed(), hooks_.random_seed()};
    ++queued_;
    arrive(std::move(arrival));
  }
  ticker_.expires_after(std::chrono::milliseconds(tick_ms_));
  ticker_.async_wait([this](boost::system::error_code ec) {
    if (!ec) tick();
  });
}

Result<engine::Answer> Loop::decide_one(const engine::Input& input, engine::Effects& effects) {
  engine::Decision decision = engine::decide(state_, input);
  for (const engine::Fact& fact : decision.facts) {
    hooks_.noted(state_, fact);
    engine::apply(state_, fact, effects);
  }
  std::move(decision.facts.begin(), decision.facts.end(), std::back_inserter(facts_));
  return std::move(decision.answer);
}

void Loop::decide_all(std::vector<Arrival>& taken, engine::Effects& effects) {
  const std::int64_t now_ms = hooks_.now_ms();
  for (std::size_t i = 0; i < taken.size();) {
    const std::size_t seen = hooks_.detect(state_, std::span(taken).subspan(i));
    for (const std::size_t end = i + std::max<std::size_t>(1, seen); i < end; ++i) {
      taken[i].input.now_ms = now_ms;
      look_before(taken[i].input, std::span(taken).first(i));
      answers_[i] = decide_one(taken[i].input, effects);
    }
  }
  if (resuming_) {
    resuming_ = false;
    effects = engine::resume(state_);
  }
  match_all(effects);
}

// Rebalancing is asked for once the rest is settled, so that it sees where everybody went. The
// bound stops a matcher that never settles.
void Loop::match_all(engine::Effects& effects) {
  for (int round = 0; round < 4; ++round) {
    if (effects.match.empty() && !effects.match_reload && !effects.rebalance) return;
    engine::Effects asked;
    asked.match = std::move(effects.match);
    asked.match_reload = effects.match_reload;
    asked.rebalance = effects.rebalance && asked.match.empty() && !asked.match_reload;
    effects.match.clear();
    effects.match_reload = false;
    if (asked.rebalance) effects.rebalance = false;
    for (engine::Input& input : hooks_.match(state_, asked)) {
      input.now_ms = state_.now_ms;
      const std::size_t before = facts_.size();
      const Result<engine::Answer> answer = decide_one(input, effects);
      std::span<const engine::Move> accepted;
      if (facts_.size() > before) {
        if (const auto* f = std::get_if<engine::Matched>(&facts_[before].body)) accepted = f->moves;
      }
      if (answer) hooks_.matched(state_, accepted, *answer);
    }
  }
}

void Loop::turn() {
  if (inbox_.empty()) return;
  const std::size_t n = std::min(inbox_.size(), limits::inputs_per_turn);
  std::vector<Arrival> taken(std::make_move_iterator(inbox_.begin()),
                             std::make_move_iterator(inbox_.begin() + static_cast<long>(n)));
  inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<long>(n));
  facts_.clear();
  answers_.assign(n, engine::Answer{});
  engine::Effects effects;
  const std::uint64_t head = state_.facts;
  decide_all(taken, effects);
  ++stats_.turns;
  if (!facts_.empty()) {
    const auto began = std::chrono::steady_clock::now();
    if (auto ok = journal_.append(head, facts_, state_.digest.value()); !ok) {
      hooks_.lost(ok.error());
      std::abort();
    }
    stats_.append_ns += static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    ++stats_.appends;
    stats_.facts += facts_.size();
  }
  for (std::size_t i = 0; i < n; ++i) {
    look(taken[i], answers_[i]);
    if (taken[i].done) taken[i].done(std::move(answers_[i]));
  }
  hooks_.committed(state_, effects, facts_, taken);
  queued_ -= n;
  last_turn_ms_ = hooks_.now_ms();
  if (!inbox_.empty()) schedule();
  upkeep();
}

// A node that goes in the turn that wrote it is shown to who wrote it while it is there.
void Loop::look_before(const engine::Input& input, std::span<Arrival> earlier) {
  const auto* removal = std::get_if<engine::Remove>(&input.body);
  if (removal == nullptr) return;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (earlier[i].look && answers_[i] && answers_[i]->id == removal->id) {
      look(earlier[i], answers_[i]);
    }
  }
}

// Once each. A reader must not take the engine with it.
void Loop::look(Arrival& arrival, Result<engine::Answer>& answer) {
  const AnswerLook reader = std::exchange(arrival.look, {});
  if (!reader || !answer) return;
  try {
    reader(state_, *answer);
  } catch (const std::exception& error) {
    answer = fail(Errc::internal, std::string("reading the state failed: ") + error.what());
  }
}

// Snapshot parts, old rows, checkpoints: one small step at a time, behind whatever arrived.
void Loop::upkeep() {
  if (upkeep_scheduled_ || stopping_) return;
  upkeep_scheduled_ = true;
  asio::post(io_, [this] {
    upkeep_scheduled_ = false;
    auto more = journal_.maintain();
    if (!more) {
      hooks_.lost(more.error());
      std::abort();
    }
    if (*more) upkeep();
  });
}

}  // namespace subnetd::agent
