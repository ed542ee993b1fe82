// SPDX-License-Identifier: 0BSD
// The daemon: the only place where the rooms are put together. Three threads: io (sockets, timers,
// handlers), engine (the turn), worker (validator and emission plugins). Members are made in start
// order, so they end in reverse order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "domain/error.hpp"
#include "engine/fact.hpp"
#include "net/http_types.hpp"
#include "subnet/abi.h"

namespace subnetd::agent {

struct AgentOptions {
  config::Config config;
  // What `config` was made of, and how to read it anew; empty: it cannot be reloaded.
  std::vector<config::Setting> settings;
  std::function<Result<config::Resolved>()> reread;
  // Changes what the configuration says in seconds, for embedded uses; may be empty.
  std::function<void(engine::Settings&)> tune;
  std::int64_t tick_ms = 50;
  std::string version;
  // From the moment it serves, SIGINT and SIGTERM wait for wait_for_signal(), SIGHUP reloads.
  bool catch_signals = false;
  // Crashes are written down with the plugin that did it, and a plugin that ended the last run is
  // held in quarantine. Of one agent a process.
  bool contain = false;
  bool safe_mode = false;  // built-in plugins only
  bool listens = true;     // as [http] says; else there is no HTTP
  bool raises_limits = true;  // takes as many descriptors as the process may have
  std::vector<std::shared_ptr<const sbn_plugin>> in_program;  // plugins beside those of files
  // One line, with its newline; any thread. Empty: stderr.
  std::function<void(std::string_view line)> log_output;
  const char* journal_vfs =
      nullptr;  // for tests: SQLite's name of a file layer; null: the system's
};

class Agent {
 public:
  // Errc::config: plugins, journal or address refused. The daemon serves when this returns.
  static Result<std::unique_ptr<Agent>> start(AgentOptions options);
  ~Agent();  // stop()
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  std::uint16_t port() const;   // 0: it does not listen
  std::string address() const;  // SS58, of the agent's own key
  std::string url() const;      // empty: it does not listen

  // What the HTTP face answers the operator, without HTTP. Blocks; any thread but the agent's own.
  // Errc::conflict: called by a plugin, it would wait for itself. Errc::unavailable: stopped.
  Result<net::HttpResponse> call(net::HttpRequest request);
  // What is committed from now on, as server-sent events, several at once. io thread.
  void subscribe(std::function<void(std::string_view events)> sink);

  // Blocks until SIGINT or SIGTERM; returns the signal. A second one ends the process at once.
  int wait_for_signal();
  // Stops accepting, lets requests in flight finish, makes the last turn durable.
  void stop();

 private:
  struct Core;
  explicit Agent(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace subnetd::agent
