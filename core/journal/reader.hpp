// SPDX-License-Identifier: 0BSD
// A read-only connection to a journal that a daemon may be writing: for snapshots, history, replay
// and backup. It takes no lock, checkpoints nothing and keeps no transaction open between calls.
// A reader belongs to one thread at a time; make one for each.
#pragma once

#include <memory>

#include "journal/journal.hpp"
#include "journal/sqlite.hpp"
#include "journal/turn_reader.hpp"

namespace subnetd::journal {

class JournalReader {
 public:
  // Errc::config: a newer journal, or none. Errc::io: no such file.
  static Result<std::unique_ptr<JournalReader>> open(const std::string& path,
                                                     const char* vfs = nullptr);

  Result<std::uint64_t> head() { return turns_.head(); }
  Result<void> read(std::uint64_t after, const OnTurn& on_turn) {
    return turns_.read(after, on_turn);
  }
  Result<std::optional<Journal::SnapshotHead>> snapshot_head() { return turns_.snapshot_head(); }
  Result<std::string> snapshot_part(const Journal::SnapshotHead& head, std::uint64_t part) {
    return turns_.snapshot_part(head, part);
  }
  TurnReader& turns() { return turns_; }
  Database& database() { return db_; }

 private:
  JournalReader() = default;

  Database db_;
  TurnReader turns_;
};

}  // namespace subnetd::journal
