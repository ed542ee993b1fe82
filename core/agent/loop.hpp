// SPDX-License-Identifier: 0BSD
// The engine thread: takes inputs in turns of up to 1,024, decides and applies them in memory, asks
// the fast plugins in the same turn, makes ONE durable append, and only then lets answers, effects
// and reads out. If the append fails the process ends: memory is ahead of disk and is not served.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "domain/error.hpp"
#include "engine/engine.hpp"
#include "journal/journal.hpp"
#include "observe/log.hpp"

namespace subnetd::agent {

using AnswerSink = std::function<void(Result<engine::Answer>)>;
// Sees the state as the turn leaves it, or as it is just before the node of the answer is removed
// in that very turn; and an answer that is no error.
using AnswerLook = std::function<void(const engine::State&, const engine::Answer&)>;

// One input on its way to a turn.
struct Arrival {
  engine::Input input;
  AnswerSink done;   // may be empty; called on the engine thread after the append
  std::string note;  // ValidationDone: the plugin's reason, for people
  AnswerLook look;   // may be empty; called before `done`
};

// What a turn needs from the rest of the daemon. Everything is called on the engine thread.
struct LoopHooks {
  std::function<std::int64_t()> now_ms;
  std::function<Challenge()> random_seed;
  // Fills in the detections of registrations and changes, as one batch. Returns how many arrivals
  // it looked at: it stops before one that must see what an earlier one of the batch changes.
  std::function<std::size_t(const engine::State&, std::span<Arrival>)> detect;
  // Tells the matcher what happened; proposals come back as inputs of this turn.
  std::function<std::vector<engine::Input>(const engine::State&, const engine::Effects&)> match;
  // What of a proposal was accepted, and what broke a hard rule.
  std::function<void(const engine::State&, std::span<const engine::Move>, const engine::Answer&)>
      matched;
  // Before each apply(): the nodes that the fact names are still in their slots. Nothing of this
  // may leave before `committed`.
  std::function<void(const engine::State&, const engine::Fact&)> noted;
  // After the append: start, cancel, emit, publish.
  std::function<void(const engine::State&, const engine::Effects&, std::span<const engine::Fact>,
                     std::span<const Arrival>)>
      committed;
  // The append failed: say why and end the process.
  std::function<void(const Error&)> lost;
};

struct LoopStats {
  std::uint64_t turns = 0;
  std::uint64_t appends = 0;
  std::uint64_t facts = 0;
  std::uint64_t append_ns = 0;
};

class Loop {
 public:
  Loop(engine::State state, journal::Journal& journal, LoopHooks hooks);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Starts the thread, lets `boot` be the first input, then resumes what was open. `booted` is told
  // whether the engine takes it.
  void start(engine::Boot boot, std::int64_t tick_ms, AnswerSink booted);
  // Finishes the turn under way and what is queued, then ends the thread.
  void stop();

  // A write: refused when 65,536 inputs wait. Any thread.
  Result<void> post(Arrival arrival);
  // A reply or receipt: never refused. Any thread.
  void post_always(Arrival arrival);
  // Runs between turns, on committed state. Any thread.
  void read(std::function<void(const engine::State&)> query);

  std::size_t queued() const { return queued_.load(std::memory_order_relaxed); }
  std::int64_t last_turn_ms() const { return last_turn_ms_.load(std::memory_order_relaxed); }
  LoopStats stats() const { return stats_; }  // engine thread

 private:
  void arrive(Arrival arrival);
  void schedule();
  void turn();
  void decide_all(std::vector<Arrival>& taken, engine::Effects& effects);
  Result<engine::Answer> decide_one(const engine::Input& input, engine::Effects& effects);
  void match_all(engine::Effects& effects);
  void look(Arrival& arrival, Result<engine::Answer>& answer);
  void look_before(const engine::Input& input, std::span<Arrival> earlier);
  void tick();
  void upkeep();

  engine::State state_;
  journal::Journal& journal_;
  LoopHooks hooks_;
  boost::asio::io_context io_;
  boost::asio::steady_timer ticker_{io_};
  std::int64_t tick_ms_ = 50;
  std::deque<Arrival> inbox_;
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::int64_t> last_turn_ms_{0};
  std::vector<engine::Fact> facts_;              // of the turn under way
  std::vector<Result<engine::Answer>> answers_;  // like its arrivals
  bool scheduled_ = false;
  bool resuming_ = false;
  bool stopping_ = false;
  bool upkeep_scheduled_ = false;
  LoopStats stats_;
  std::thread thread_;
};

}  // namespace subnetd::agent
