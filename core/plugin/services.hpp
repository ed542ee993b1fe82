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

// What the row says besides its name, for as long as a detector explains that: its `explain` is
// given the name alone, and reads the rest as the settings "@explain.task", "@explain.protocol" and
// "@explain.subnet_hint". Of the calling thread.
struct ExplainedRow {
  sbn_str task{}, protocol{}, subnet_hint{};
};
class ExplainsRow {
 public:
  explicit ExplainsRow(const ExplainedRow& row);
  ExplainsRow(const ExplainsRow&) = delete;
  ~ExplainsRow();
};
const ExplainedRow* explained_row();  // nullptr: none is

inline constexpr std::size_t plugin_metrics_max = 64;

}  // namespace subnetd::plugin
