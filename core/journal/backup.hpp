// SPDX-License-Identifier: 0BSD
// A consistent copy of a journal that may be in use: one step of SQLite's backup on a read-only
// connection, made durable, read as a start would read it, and only then given its name.
#pragma once

#include <cstdint>
#include <string>

#include "domain/error.hpp"
#include "journal/replay.hpp"

namespace subnetd::journal {

struct BackupReport {
  std::uint64_t head = 0;  // the last fact in the copy
  std::uint64_t bytes = 0;
  std::string sha256;      // of the file, in hex
};

// Errc::conflict when `out` exists; Errc::corrupt when a daemon could not start from the copy.
Result<BackupReport> backup(const std::string& path, const std::string& out, const Apply& apply);

}  // namespace subnetd::journal
