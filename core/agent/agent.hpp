// SPDX-License-Identifier: 0BSD
// The daemon: the only place where the rooms are put together. Three threads: io (sockets, timers,
// handlers), engine (the turn), worker (validator and emission plugins). Members are made in start
// order, so they end in reverse order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "domain/error.hpp"
#include "engine/fact.hpp"

namespace subnetd::agent {

struct AgentOptions {
  config::Config config;
  // Changes what the configuration says in seconds, for embedded uses; may be empty.
  std::function<void(engine::Settings&)> tune;
  std::int64_t tick_ms = 50;
  std::string version;
  // From the moment it serves, SIGINT and SIGTERM wait for wait_for_signal().
  bool catch_signals = false;
  // Crashes are written down with the plugin that did it, and a plugin that ended the last run is
  // held in quarantine. Of one agent a process.
  bool contain = false;
  bool safe_mode = false;  // built-in plugins only
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

  std::uint16_t port() const;
  std::string address() const;  // SS58, of the agent's own key
  std::string url() const;

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
