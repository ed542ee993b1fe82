// SPDX-License-Identifier: 0BSD
// One live component: created with checked settings, given host services, counted and timed on
// every call, disabled after plugin_failures_max own faults of one slot in a row. A bad peer is
// never the plugin's fault. Nothing thrown passes. Calls of one instance come from one thread at a
// time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/fp_guard.hpp"
#include "plugin/str.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin {

struct Scratch;

// level: SBN_LOG_…
using PluginLog = std::function<void(int level, std::string_view instance, std::string_view text)>;

struct InstanceStats {
  std::uint64_t calls = 0;
  std::uint64_t items = 0;
  std::uint64_t busy_ns = 0;
  std::uint64_t failures = 0;    // calls that failed by the plugin's own fault
  std::uint64_t violations = 0;  // answers that broke the contract
  bool disabled = false;
  bool absent = false;  // its code never ran
  std::string reason;
};

// One value a plugin publishes through subnet.metrics/1.
struct PluginMetric {
  std::string name;
  std::string help;
  bool counter = false;
  double value = 0;
};

class Instance {
 public:
  // Errc::config when settings are wrong, Errc::plugin when create fails.
  static Result<std::unique_ptr<Instance>> create(Offer offer, std::string settings,
                                                  std::string_view where, PluginLog log);
  // Of something that may not run: never called, disabled for that reason from the start.
  static std::unique_ptr<Instance> absent(Offer offer, const std::string& why, PluginLog log);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const std::string& id() const { return id_; }
  const Offer& offer() const { return offer_; }
  void* self() const { return self_; }
  template <class Table>
  const Table& table() const {
    return *static_cast<const Table*>(offer_.component->raw->vtable);
  }

  bool disabled() const { return disabled_; }
  // Runs in a worker of its own.
  bool isolated() const { return offer_.library->guest() != nullptr; }
  // Workers that are gone, and with them whatever an instance remembered.
  std::uint64_t worker_deaths() const;
  InstanceStats stats() const;
  std::vector<PluginMetric> metrics() const;

  // What the frozen clock shows and what the generator is seeded with, for the calls that follow.
  void set_moment(std::int64_t now_ms, std::uint64_t seed);

  // Whether SBN_E_LIMIT is an answer to this slot: there is an output to make larger.
  enum class Limit { fault, answer };
  // Runs `slot(call, err)` under the floating-point guard, counts it and judges its status. SBN_OK
  // and positive statuses are success; SBN_E_LIMIT is where it is an answer.
  Result<sbn_status> call(const char* slot_name, std::uint64_t items,
                          const std::function<sbn_status(const sbn_call*, sbn_error*)>& slot,
                          Limit limit = Limit::fault);
  // A cold call for people: what it says, or Errc::not_found where the plugin explains nothing.
  // Never disables: whoever may read may ask.
  Result<std::string> explain(
      const std::function<sbn_status(const sbn_call*, sbn_sink, sbn_error*)>& slot);
  // The last answer of that slot broke the contract: as bad as a failure.
  Error violation(const char* slot_name, const std::string& what);
  // Out of service at once.
  void disable(const std::string& why);

 private:
  struct Services;
  // Faults in a row, slot by slot: a slot that works does not excuse one that never does.
  struct Streak {
    const char* slot;
    std::size_t faults = 0;
    bool unjudged = false;  // the last call succeeded, its answer may yet prove wrong
  };
  Instance(Offer offer, PluginLog log);
  Streak& streak(const char* slot_name);
  sbn_status run(const char* slot_name,
                 const std::function<sbn_status(const sbn_call*, sbn_error*)>& slot,
                 std::string& message);
  void fault(const char* slot_name, const std::string& what);
  void write_log(int level, std::string_view text);

  Offer offer_;
  std::string id_;
  PluginLog log_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Scratch> scratch_;
  sbn_host host_{};
  void* self_ = nullptr;
  std::int64_t now_ms_ = 0;
  std::uint64_t seed_ = 0;
  std::uint64_t call_id_ = 0;
  std::vector<Streak> streaks_;
  bool created_ = false;
  bool fatal_ = false;  // the last call ended with SBN_ERROR_FATAL_TO_INSTANCE
  std::atomic<std::int64_t> log_second_{0};
  std::atomic<std::uint64_t> log_lines_{0};
  std::atomic<std::uint64_t> calls_{0}, items_{0}, busy_ns_{0}, failures_{0}, violations_{0};
  std::atomic<bool> disabled_{false};
  std::string reason_;
};

}  // namespace subnetd::plugin
