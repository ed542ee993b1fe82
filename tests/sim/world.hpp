// SPDX-License-Identifier: 0BSD
// The real engine in a simulated shell: a heap of events, a journal of facts, clients that try
// again, nodes of every character, and faults until `faults_ms`. After that everything is well, and
// whatever is open must end. One seed, one run: two runs of it leave the same trace.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "sim/counters.hpp"
#include "sim/disk.hpp"
#include "sim/model.hpp"
#include "sim/options.hpp"
#include "sim/oracle.hpp"
#include "sim/rng.hpp"

namespace subnetd::sim {

class World {
 public:
  World(const Options& options, const Disk& disk, bool trace);
  void run();
  std::uint64_t trace_hash() const { return trace_.value(); }
  const Counters& seen() const { return seen_; }

 private:
  struct Event {
    std::int64_t at_ms;
    std::uint64_t tie;
    std::function<void()> happen;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.tie > b.tie;
    }
  };
  // One write of a client, sent until it is answered.
  struct Write {
    engine::Input input;
    bool answered = false;
    std::function<void(const Result<engine::Answer>&)> told;
  };
  using Told = decltype(Write::told);
  struct Arrival {
    engine::Input input;
    std::size_t write = no_write;
    std::size_t facts_from = 0, facts_to = 0;  // of the turn's facts: those it led to
  };
  static constexpr std::size_t no_write = ~std::size_t{0};
  enum class Kind : std::uint8_t { good, slow, lying, dead, garbage, flapping, byzantine };

  // ---- the world (world.cpp)
  void after(std::int64_t ms, std::function<void()> happen);
  void at_boot(std::int64_t ms, std::function<void()> happen);  // unless it crashes before
  bool faulty() const { return time_ms_ < options_.faults_ms; }
  std::int64_t clock_ms() const { return genesis_ms + time_ms_ + jumped_ms_; }
  Challenge seed();
  void plan_faults();
  void check_end();
  void check_matchable() const;
  void check_probes() const;

  // ---- the shell (shell.cpp)
  void start();
  engine::State recovered();
  void draw_new_settings();
  void crash();
  void tick();
  void arrive(Arrival arrival);
  void schedule();
  void turn();
  engine::Answer decide_one(const engine::Input& input, Result<engine::Answer>* answer);
  void match_all();
  void propose(const engine::Effects& asked);
  void append();
  void commit();
  void store(const engine::Fact& fact);
  void take_snapshot();
  void release();
  void tell(const Arrival& arrival, const Result<engine::Answer>& answer, std::size_t base);
  void start_validation(std::uint64_t request);
  void end_validation(std::uint64_t request, engine::ValidationDone done);
  void compute_emission();

  // ---- clients and nodes (clients.cpp)
  void plan_clients();
  void plan_registration(Role role, std::uint64_t number, std::int64_t at_ms);
  void plan_change(std::int64_t at_ms);
  void plan_removal(Role role, const std::string& id, std::int64_t at_ms);
  void plan_mapping(std::int64_t at_ms);
  void plan_validation(std::int64_t at_ms);
  void plan_close(std::int64_t at_ms);
  void plan_bad_write(std::int64_t at_ms);
  void plan_contested(std::int64_t at_ms);
  void send(std::int64_t at_ms, Write write);
  template <class Body>
  void send(std::int64_t at_ms, Body body, Told told) {
    send(at_ms, Write{engine::Input{0, std::move(body)}, false, std::move(told)});
  }
  void try_write(std::size_t write);
  void answer_write(std::size_t write, Result<engine::Answer> answer);
  engine::Update random_update(Role role, const std::string& id);
  NodeRecord random_record(Role role, const std::string& id);
  engine::Register random_registration(Role role, const std::string& id);
  std::string random_type();
  Kind kind_of(const std::string& id) const;
  engine::ValidationDone judged(const engine::OpenRequest& request, std::int64_t& latency_ms);
  void check_promises() const;

  static constexpr std::int64_t genesis_ms = 1'700'000'000'000;
  const Options options_;
  const Disk disk_;
  const bool print_;
  Rng rng_;
  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  std::uint64_t ties_ = 0;
  std::int64_t time_ms_ = 0;
  std::int64_t jumped_ms_ = 0;
  Digest trace_;
  Counters seen_;

  // the daemon; lost in a crash
  engine::State live_;
  engine::Settings settings_;  // of the next start
  bool up_ = false;
  std::int64_t stalled_until_ms_ = 0;
  std::uint64_t life_ = 0;
  std::deque<Arrival> inbox_;
  std::uint64_t writes_waiting_ = 0;
  bool turn_scheduled_ = false;
  bool appending_ = false;
  bool resuming_ = false;
  std::vector<Arrival> taken_;
  std::vector<engine::Fact> facts_;
  std::vector<Result<engine::Answer>> answers_;
  engine::Effects effects_;
  std::set<std::uint64_t> sessions_;
  std::vector<engine::Move> last_moves_;
  std::int64_t epoch_opened_ms_ = 0;

  // the disk, and what it says
  std::vector<engine::Fact> journal_;
  engine::State durable_;
  std::optional<engine::State> snapshot_;
  std::uint64_t epochs_closed_ = 0;
  std::int64_t epoch_closed_ms_ = 0;
  Oracle oracle_;
  Model model_;

  // outside
  std::vector<Write> writes_;
  std::map<std::string, Kind> kinds_;
  std::set<std::string> present_, removed_;  // as clients were told
  std::set<std::string> leaving_;            // someone asked for its removal
  std::set<std::string> returned_;           // registered again after it was removed
  std::uint64_t contested_ = 0;
  std::vector<std::string> miner_ids_, validator_ids_;
};

}  // namespace subnetd::sim
