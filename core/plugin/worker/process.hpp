// SPDX-License-Identifier: 0BSD
// One process of subnetd-worker, seen from the daemon: started without a fork of the daemon's
// threads, given nothing but what the channel needs, waited for with a deadline, never left behind.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "domain/error.hpp"
#include "plugin/worker/channel.hpp"

namespace subnetd::plugin::worker {

struct Limits {
  std::uint64_t memory_mib = 256;
  std::uint64_t call_ms = 5'000;  // an emission policy has twelve times as long, a start twice
  std::uint64_t restarts_per_min = 2;
};

class Process {
 public:
  // `requests` and `answers` are memory files, `library` the checked copy of the plugin.
  static Result<std::unique_ptr<Process>> start(const std::filesystem::path& program,
                                                const Limits& limits, int requests, int answers,
                                                int library);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  enum class End { answered, died, late };
  // Rings the worker's bell and waits for ours.
  End call(std::chrono::milliseconds deadline);
  // One log line of the worker; false when there is none.
  bool next_log(int& level, std::string& text);
  // Ends it if it lives, and says how it ended: "killed by SIGSEGV", with what it wrote to stderr.
  std::string bury();
  int pid() const { return pid_; }

 private:
  Process() = default;
  int pid_ = -1;
  bool buried_ = false;
  Fd pid_fd_, control_, call_bell_, done_bell_, stderr_;
  Fd call_bell_end_;  // the worker's, kept so that ringing for a dead one is no SIGPIPE
};

}  // namespace subnetd::plugin::worker
