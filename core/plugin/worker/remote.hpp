// SPDX-License-Identifier: 0BSD
// A component that runs in a worker, as the rest of the host sees it: a slot table like any other,
// whose `self` is a Remote. A worker that dies, hangs or breaks a limit fails the call it was in;
// the next call starts another, later and later, and after too many within a minute the plugin is
// given up. One thread at a time, as the slots.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "plugin/worker/process.hpp"
#include "plugin/worker/wire.hpp"
#include "subnet/host.h"

namespace subnetd::plugin::worker {

// Slots that every worker has; those of a kind are counted from first_of_kind.
enum Slot : std::uint32_t { slot_describe, slot_create, slot_destroy, first_of_kind };

// A plugin that runs in workers.
struct Guest {
  std::string file;  // for messages
  int library = -1;  // its checked copy; open for the life of the process
  std::filesystem::path program;  // subnetd-worker
  Limits limits;
  std::function<void(const std::string& reason)> given_up;  // may be empty
};

// What a worker says of a plugin.
struct GuestComponent {
  std::string kind, id, summary, schema;
  std::uint32_t flags = 0;
};
struct GuestDescription {
  std::string vendor;
  std::vector<GuestComponent> components;
};
// In a worker of its own, which ends then. Errc::plugin.
Result<GuestDescription> describe(const Guest& guest);

class Remote {
 public:
  // `component`: its id within the plugin. Fills `self` with a Remote.
  static sbn_status create(const Guest& guest, const std::string& component,
                           const std::string& kind, const sbn_host* host, sbn_str settings,
                           void** self, sbn_error* err);
  // The slot table of a kind; nullptr for one that no worker can serve.
  static const void* table(std::string_view kind);
  static void destroy(void* self) { delete static_cast<Remote*>(self); }
  ~Remote();

  // For slot tables: open, pack into request(), ring, unpack answer().
  sbn_status open(sbn_error* err);
  Packer& request() { return *request_; }
  sbn_status ring(std::uint32_t slot, const sbn_call* call, sbn_error* err);
  Unpacker& answer() { return *answer_; }
  // The answer was not what its call asks for: that worker is not to be talked to again.
  sbn_status garbled(sbn_error* err);
  const std::vector<sbn_str>& types() const { return type_texts_; }
  // Requests of a validator that are over; told with the next call that it is asked.
  std::vector<std::uint64_t>& forgotten() { return forgotten_; }

  // Workers that are gone: what one of them knew, its successor does not.
  std::uint64_t deaths() const { return deaths_; }
  int pid() const { return process_ ? process_->pid() : -1; }

 private:
  struct Metric {
    std::uint32_t number;
    bool counter;
    double last;
  };
  using Clock = std::chrono::steady_clock;
  explicit Remote(const Guest& guest) : guest_(guest) {}
  friend Result<GuestDescription> describe(const Guest& guest);
  Result<void> share();
  sbn_status start(sbn_error* err);
  sbn_status settle(sbn_error* err);
  sbn_status take_created(sbn_error* err);
  sbn_status lost(const std::string& how, sbn_error* err);
  void hear_logs();
  void read_metrics();
  std::chrono::milliseconds deadline_of(std::uint32_t slot) const;

  Guest guest_;
  std::string component_, kind_, settings_;
  const sbn_host* host_ = nullptr;
  const sbn_metrics* metrics_table_ = nullptr;
  Fd requests_, answers_;
  Mapping requests_map_, answers_map_;
  std::unique_ptr<Process> process_;
  std::optional<Packer> request_;
  std::optional<Unpacker> answer_;
  std::size_t answer_bytes_ = 0;
  std::vector<std::string> types_;
  std::vector<sbn_str> type_texts_;
  std::vector<Metric> metrics_;
  std::vector<std::uint64_t> forgotten_;
  std::uint64_t logs_heard_ = 0, logs_lost_ = 0;
  bool created_ = false;
  std::atomic<std::uint64_t> deaths_{0};  // others read it for people
  std::deque<Clock::time_point> recent_deaths_;
  std::chrono::milliseconds pause_{0};
  Clock::time_point not_before_{};
  std::string last_death_;
  bool given_up_ = false;
};

// The message and the status, as a slot returns them.
sbn_status fail_with(sbn_error* err, sbn_status status, const std::string& text,
                     std::uint32_t flags = 0);

}  // namespace subnetd::plugin::worker
