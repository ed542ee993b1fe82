// SPDX-License-Identifier: 0BSD
// The service tables an instance is offered; see subnet/host.h. ctx_host of its sbn_host is an
// InstanceContext.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>

#include "json/json.hpp"
#include "subnet/host.h"

namespace subnetd::plugin {

struct MetricCell {
  std::string name;
  std::string help;
  bool counter = false;
  std::atomic<double> value{0};
};

struct InstanceContext {
  void* instance = nullptr;
  json::Value settings;
  std::deque<MetricCell> metrics;  // frozen once create has returned
  bool creating = true;
};

// What an entry point gets: it does no work, so this host hears nothing and serves nothing.
const sbn_host& silent_host();

// A table of host.h by id, or nullptr.
const void* find_service(sbn_str id);

inline constexpr std::size_t plugin_metrics_max = 64;

}  // namespace subnetd::plugin
