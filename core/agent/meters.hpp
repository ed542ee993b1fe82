// SPDX-License-Identifier: 0BSD
// The numbers behind /metrics. Labels are model type, plugin, validator and outcome; never the
// miner.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/loop.hpp"
#include "agent/plugins.hpp"
#include "net/http_server.hpp"
#include "observe/metrics.hpp"
#include "prober/prober.hpp"

namespace subnetd::agent {

class Meters {
 public:
  Meters();
  // Engine thread, after each turn.
  void committed(const engine::State& state, std::span<const engine::Fact> facts,
                 const LoopStats& stats, std::size_t queued);
  void reloaded(std::string_view result);  // io thread
  // io thread, when asked for the text.
  std::string expose(PluginSet& plugins, const prober::ProberStats& prober,
                     const net::ServerStats& server, std::size_t quarantined);

 private:
  observe::Counter reloads(std::string_view result);
  void count(const engine::State& state, std::span<const engine::Fact> facts,
             const LoopStats& stats);
  void measure(const engine::State& state);

  observe::Metrics metrics_;
  LoopStats last_;
  std::int64_t counted_at_ms_ = 0;  // monotonic
  bool changed_ = true;             // facts came since
  std::vector<bool> shown_types_;
  std::set<std::string> shown_validators_;
  prober::ProberStats last_prober_;
  std::uint64_t last_requests_ = 0, last_refused_ = 0;
};

}  // namespace subnetd::agent
