// SPDX-License-Identifier: 0BSD
// The journal in one SQLite file, in WAL mode with synchronous=FULL. This object holds the only
// connection that writes and checkpoints; a second daemon is refused by a lock. One thread.
#pragma once

#include <memory>
#include <optional>

#include "journal/fact_codec.hpp"
#include "journal/file_lock.hpp"
#include "journal/journal.hpp"
#include "journal/read_model.hpp"
#include "journal/sqlite.hpp"
#include "journal/turn_reader.hpp"

namespace subnetd::journal {

struct SqliteOptions {
  std::string path;
  // Verdicts and other facts that history does not refer to; older ones go once a snapshot covers
  // them.
  std::uint64_t keep = 10'000'000;
  bool quick_check = false;         // look through the whole file when opening
  const char* vfs = nullptr;        // SQLite's name of the file layer; null: the system's
  // From this length on, the log is copied into the file; from the second, it is also cut.
  std::uint64_t wal_passive_bytes = 16ull << 20;
  std::uint64_t wal_truncate_bytes = 256ull << 20;
};

class SqliteJournal final : public Journal {
 public:
  // Errc::config: in use, newer, no journal, network disk. Errc::corrupt: damaged.
  static Result<std::unique_ptr<SqliteJournal>> open(const SqliteOptions& options);
  ~SqliteJournal() override;

  std::uint64_t head() const override { return head_; }
  Result<void> append(std::uint64_t expected_head, std::span<const engine::Fact> facts,
                      std::uint64_t digest) override;
  Result<void> read(std::uint64_t after, const OnTurn& on_turn) override;
  Result<std::optional<SnapshotHead>> snapshot_head() override;
  Result<std::string> snapshot_part(const SnapshotHead& head, std::uint64_t part) override;
  void offer_snapshot(Snapshot snapshot) override;
  Result<bool> maintain() override;

  std::uint64_t wal_bytes() const { return wal_bytes_; }

 private:
  SqliteJournal() = default;
  Result<void> prepare();
  Result<void> write_turn(std::span<const engine::Fact> facts, std::uint64_t digest);
  Result<void> write_verdict(std::uint64_t seq, const VerdictRow& row);
  Result<void> in_transaction(const std::function<Result<void>()>& work);
  Result<void> store_part();
  Result<void> finish_snapshot();
  Result<bool> remove_old_snapshot();
  Result<bool> remove_old_facts();
  Result<std::uint64_t> removable_to();
  Result<void> checkpoint();

  SqliteOptions options_;
  FileLock lock_;
  Database db_;
  Statement begin_, commit_, rollback_, turn_, fact_, verdict_, part_;
  ReadModel read_model_;
  TurnReader reader_;
  StoredFact stored_;  // memory used again
  std::uint64_t head_ = 0;
  std::uint64_t passing_ = 0;  // facts ever written that `keep` bounds
  std::uint64_t hash_ = 0;     // of the last turn
  std::uint64_t wal_bytes_ = 0;
  std::uint64_t checkpoint_at_bytes_ = 0;
  std::optional<Snapshot> offered_;
  std::size_t next_part_ = 0;
  bool old_snapshots_ = true;   // some may be left to remove
  bool old_facts_ = true;
  std::uint64_t remove_to_ = 0;  // facts up to this one
  bool failed_ = false;
};

}  // namespace subnetd::journal
