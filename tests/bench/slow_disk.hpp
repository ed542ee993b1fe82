// SPDX-License-Identifier: 0BSD
// A file layer for SQLite whose every sync takes a fixed time more than the system's own, and is
// counted. Registered by name while the object lives; one at a time.
#pragma once

#include <atomic>
#include <cstdint>

namespace subnetd::bench {

class SlowDisk {
 public:
  explicit SlowDisk(std::int64_t more_ms);
  ~SlowDisk();
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;

  static const char* name() { return "subnetd-bench-slow"; }
  std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  void wait();  // what a sync does before the system's own

 private:
  std::int64_t more_ms_;
  std::atomic<std::uint64_t> syncs_{0};
};

}  // namespace subnetd::bench
