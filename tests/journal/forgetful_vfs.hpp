// SPDX-License-Identifier: 0BSD
// A disk that can lose power. It is an SQLite file layer over the system's: what was not synced is
// remembered as pending writes, and lose_power() keeps any part of them, torn at 512 bytes. It can
// also fail one write or sync, or lie about syncs. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace subnetd::journal::testing {

class ForgetfulDisk {
 public:
  ForgetfulDisk();   // registers itself with SQLite
  ~ForgetfulDisk();
  ForgetfulDisk(const ForgetfulDisk&) = delete;
  ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

  const char* name() const { return "forgetful"; }

  // After this many writes, syncs and cuts, every call fails: the machine is off.
  void power_off_after(std::uint64_t operations) { power_off_at_ = operations_ + operations; }
  bool off() const { return operations_ >= power_off_at_; }
  // Once all connections are closed: the files become what a disk may hold after the loss.
  void lose_power(std::uint64_t seed);

  // That one operation fails, once, with a full disk or a broken one; those after it work.
  void fail_after(std::uint64_t operations, bool full) {
    fail_at_ = operations_ + operations;
    full_ = full;
  }
  bool failed() const { return operations_ >= fail_at_; }

  // As with synchronous=NORMAL or OFF: the log is not made durable at a commit.
  void ignore_log_syncs(bool ignore) { ignore_log_syncs_ = ignore; }
  std::uint64_t log_syncs() const { return log_syncs_; }

  // ---- what the file layer calls ------------------------------------------------------------
  enum class Operation { write, sync, truncate };
  int before(Operation operation);  // an SQLite code: 0, or the failure
  void written(const std::string& path, const void* bytes, int size, std::int64_t offset);
  void truncated(const std::string& path, std::int64_t size);
  void synced(const std::string& path);
  void opened(const std::string& path);
  void removed(const std::string& path) { files_.erase(path); }

 private:
  struct Change {
    std::int64_t offset = 0;
    std::string bytes;
    bool cut = false;  // at offset
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
  };
  static void apply(std::string& image, const Change& change, std::mt19937_64* torn);

  std::map<std::string, File> files_;
  std::uint64_t operations_ = 0;
  std::uint64_t power_off_at_ = UINT64_MAX;
  std::uint64_t fail_at_ = UINT64_MAX;
  std::uint64_t log_syncs_ = 0;
  bool full_ = false;
  bool ignore_log_syncs_ = false;
};

}  // namespace subnetd::journal::testing
