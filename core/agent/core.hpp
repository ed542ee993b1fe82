// SPDX-License-Identifier: 0BSD
// The inside of Agent, shared by agent.cpp (life), turns.cpp (what a turn needs) and face.cpp (what
// the HTTP face asks).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/agent.hpp"
#include "agent/containment.hpp"
#include "agent/loop.hpp"
#include "agent/match_view.hpp"
#include "agent/meters.hpp"
#include "agent/plugins.hpp"
#include "agent/reload.hpp"
#include "agent/snapshots.hpp"
#include "agent/validations.hpp"
#include "api/api.hpp"
#include "api/daemon.hpp"
#include "commune/key_pair.hpp"
#include "journal/sqlite_journal.hpp"
#include "net/http_server.hpp"
#include "observe/log.hpp"
#include "prober/prober.hpp"

namespace subnetd::agent {

// Somebody on the io thread who waits for a request to end.
struct Waiter {
  boost::asio::steady_timer timer;
  api::ValidationReport report;
  explicit Waiter(boost::asio::io_context& io) : timer(io) {}
};

// How a request ended, and which one was opened instead of it.
struct Ending {
  api::ValidationReport report;
  std::uint64_t successor = 0;  // 0: none
};

// Whose rules the agent's row of weights keeps.
WeightRules weight_rules(const config::Emission& config);

struct Agent::Core final : api::Daemon {
  explicit Core(AgentOptions given);
  ~Core() override;

  // agent.cpp
  Result<void> open();
  Result<void> listen();
  Result<void> serve();
  Result<void> start_threads();
  Result<void> map_namespaces(const std::vector<config::Mapping>& mappings);
  void catch_signals();
  void stop();
  engine::Settings settings(const config::Config& config, const PluginSet& plugins) const;
  Result<net::AddressPolicy> address_policy() const;
  Result<api::SignerOptions> signer_options() const;
  Result<api::Options> face_options() const;  // once it listens
  plugin::PluginLog plugin_log();
  void warn_of_open_networks();
  Result<void> take_identity();

  // turns.cpp, engine thread
  LoopHooks hooks();
  std::size_t detect(const engine::State& s, std::span<Arrival> arrivals);
  void ask_again(const engine::State& s, engine::Redetect& again);
  std::vector<engine::Input> match(const engine::State& s, const engine::Effects& effects);
  void matched(const engine::State& s, std::span<const engine::Move> accepted,
               const engine::Answer& answer);
  void noted(const engine::State& s, const engine::Fact& fact);
  void committed(const engine::State& s, const engine::Effects& effects,
                 std::span<const engine::Fact> facts, std::span<const Arrival> arrivals);
  void start_requests(const engine::State& s, const std::vector<std::uint64_t>& requests);
  void start_emission(const engine::State& s);
  void report_ends(const engine::State& s, std::span<const engine::Fact> facts,
                   std::span<const Arrival> arrivals);
  void tell_waiters(std::uint64_t request, std::uint64_t successor,
                    const api::ValidationReport& report);
  void publish();
  void ended(std::vector<ValidationEnd> ends);  // any thread

  // reload.cpp
  void catch_hangup();  // io thread
  void reload_later(api::ReloadAsk ask, ReloadSink done);  // any thread
  void stage(const api::ReloadAsk& ask, const ReloadSink& done);  // control thread from here on
  Result<std::unique_ptr<StagedReload>> stage_plugins(const api::ReloadAsk& ask);
  api::ReloadReport::Shadow compare(PluginSet& next);
  void offer(std::unique_ptr<StagedReload> staged);
  void on_engine(const std::function<void(const engine::State&)>& query);  // waits
  void begin_take_over();  // engine thread from here on
  void take_over();
  void taken_over(const Result<engine::Answer>& answer);
  void serve_with(const std::shared_ptr<StagedReload>& over);
  void tell(const api::ReloadReport& report, const ReloadSink& done);  // any thread

  // face.cpp, io thread
  boost::asio::awaitable<Result<engine::Answer>> submit(engine::Input input,
                                                        AnswerLook look) override;
  boost::asio::awaitable<Result<void>> read(
      std::function<void(const engine::State&)> query) override;
  boost::asio::awaitable<api::ValidationReport> wait_validation(std::uint64_t request,
                                                                std::int64_t deadline_ms) override;
  boost::asio::awaitable<std::vector<std::string>> explain(std::string id) override;
  boost::asio::awaitable<std::vector<api::PluginView>> plugins() override;
  boost::asio::awaitable<api::ReloadReport> reload(api::ReloadAsk ask) override;
  const api::ReloadReport& last_reload() const override { return reload_report; }
  Result<void> ready() const override;
  bool alive() const override;
  std::shared_ptr<net::ResponseStream> subscribe() override;
  std::string metrics() override;
  Challenge random_seed() override;
  plugin::Quarantine quarantine() const;
  std::vector<std::string> explain_on_engine(const engine::State& s, const std::string& id,
                                             std::string& model_type, std::uint32_t& uid);

  AgentOptions options;
  observe::Log log;
  boost::asio::io_context io{1};
  std::optional<commune::KeyPair> identity;
  Containment containment;
  std::shared_ptr<PluginSet> plugin_set;  // engine thread's, once it runs
  std::shared_ptr<PluginSet> shown_set;   // io thread's
  std::unique_ptr<journal::SqliteJournal> journal;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<prober::Prober> prober;
  std::unique_ptr<Validations> validations;
  std::unique_ptr<Snapshots> snapshots;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<net::HttpServer> server;  // empty: it does not listen
  std::shared_ptr<boost::asio::signal_set> signals, hangup;
  Meters meters;
  boost::asio::io_context control{1};  // reloads: what may take its time
  std::thread io_thread, control_thread;
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";
  std::atomic<bool> draining{false};
  bool stopped = false;
  std::uint64_t snapshot_seq = 0;  // the last fact of the snapshot that was started from

  // Engine thread.
  MatchView match_view;
  std::vector<sbn_match_event> match_events;  // of the question under way
  std::string events;               // of the turn under way, for subscribers
  std::vector<std::string> verdicts_by;  // of the turn under way: who gave each verdict
  std::uint64_t refused_moves = 0;
  std::multimap<std::uint64_t, std::shared_ptr<Waiter>> waiters;  // by request
  std::map<std::uint64_t, Ending> recent;                         // of late, by request
  std::map<std::uint64_t, std::string> asked_as;  // request ids of what is under way
  std::unique_ptr<StagedReload> staged, arriving;  // waits for the edge of an epoch; is let in
  // Control thread.
  config::Resolved running;
  std::shared_ptr<PluginSet> running_set;
  // Worker thread.
  std::shared_ptr<const EmissionInput> last_emission;
  // io thread.
  std::vector<std::shared_ptr<net::ResponseStream>> subscribers;
  std::atomic<std::size_t> subscriber_count{0};
  api::ReloadReport reload_report;  // the last one
};

}  // namespace subnetd::agent
