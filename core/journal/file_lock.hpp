// SPDX-License-Identifier: 0BSD
// One daemon a journal: an flock on `<path>.lock`, which the system releases when the holder dies,
// and the check that the file system keeps its word about locks and syncs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace subnetd::journal {

class FileLock {
 public:
  FileLock() = default;
  // Errc::config, naming the holder's pid, when another process or object holds it.
  static Result<FileLock> take(const std::string& journal_path);

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  int fd_ = -1;
};

// The name of a network file system by its statfs magic; empty for others.
std::optional<std::string_view> network_file_system(long magic);
// Refuses a journal on a network file system with Errc::config.
Result<void> check_file_system(const std::string& journal_path);

// Makes an empty file that only its owner reads, where there is none: a journal holds endpoints.
// SQLite gives the files beside it the same mode.
Result<void> create_private(const std::string& path);
// Makes the file and its entry in the folder durable.
Result<void> sync_file_and_folder(const std::string& path);

}  // namespace subnetd::journal
