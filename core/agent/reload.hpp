// SPDX-License-Identifier: 0BSD
// A configuration read anew while the daemon serves: its plugins are loaded, checked and created
// beside those that serve, and take over between two turns. What fails leaves all as it was.
#pragma once

#include <functional>
#include <memory>

#include "agent/plugins.hpp"
#include "api/daemon.hpp"
#include "config/load.hpp"
#include "engine/fact.hpp"

namespace subnetd::agent {

using ReloadSink = std::function<void(const api::ReloadReport&)>;  // io thread; may be empty

// What waits to take over.
struct StagedReload {
  config::Resolved resolved;  // its config: what will hold
  std::shared_ptr<PluginSet> plugins;
  engine::Settings settings;
  api::ReloadReport report;
  bool now = false;  // without waiting for the end of the epoch
  ReloadSink done;   // called once it serves
};

// An epoch was paid, or cannot be: what decides may be another from here on.
bool is_epoch_edge(const engine::Fact& fact);

}  // namespace subnetd::agent
