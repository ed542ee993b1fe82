// SPDX-License-Identifier: 0BSD
#include "journal/sqlite_journal.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

#include "journal/schema.hpp"
#include "journal/turn_hash.hpp"

namespace subnetd::journal {

using engine::Fact;

namespace {

constexpr std::uint64_t facts_removed_per_step = 20'000;

// What history does not refer to: its outcome is in State, so it goes once a snapshot covers it.
// Their kinds are also in remove_old_facts().
bool passes(const Fact& fact) {
  return std::holds_alternative<engine::Verdict>(fact.body) ||
         std::holds_alternative<engine::Due>(fact.body) ||
         std::holds_alternative<engine::Owed>(fact.body) ||
         std::holds_alternative<engine::Matched>(fact.body) ||
         std::holds_alternative<engine::Rebalancing>(fact.body);
}

// SQLite tells the length of the log after each commit.
int on_wal(void* bytes, sqlite3*, const char*, int pages) {
  *static_cast<std::uint64_t*>(bytes) = static_cast<std::uint64_t>(pages) * (page_bytes + 24);
  return SQLITE_OK;
}

}  // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const SqliteOptions& options) {
  std::unique_ptr<SqliteJournal> out(new SqliteJournal);
  out->options_ = options;
  out->checkpoint_at_bytes_ = options.wal_passive_bytes;
  SUBNETD_CHECK(check_file_system(options.path));
  SUBNETD_TRY(out->lock_, FileLock::take(options.path));
  SUBNETD_CHECK(create_private(options.path));
  SUBNETD_TRY(out->db_, Database::open(options.path, Database::Mode::writer, options.vfs));
  SUBNETD_CHECK(set_up_writer(out->db_, options.path));
  if (options.quick_check) SUBNETD_CHECK(quick_check(out->db_, options.path));
  SUBNETD_CHECK(sync_file_and_folder(options.path));
  SUBNETD_CHECK(out->prepare());
  return out;
}

SqliteJournal::~SqliteJournal() = default;

Result<void> SqliteJournal::prepare() {
  sqlite3_wal_hook(db_.get(), on_wal, &wal_bytes_);
  SUBNETD_TRY(begin_, db_.prepare("BEGIN IMMEDIATE"));
  SUBNETD_TRY(commit_, db_.prepare("COMMIT"));
  SUBNETD_TRY(rollback_, db_.prepare("ROLLBACK"));
  SUBNETD_TRY(turn_, db_.prepare("INSERT INTO turn VALUES(?1,?2,?3,?4,?5,?6)"));
  SUBNETD_TRY(fact_, db_.prepare("INSERT INTO fact VALUES(?1,?2,?3)"));
  SUBNETD_TRY(verdict_, db_.prepare("INSERT INTO verdict VALUES(?1,?2,?3,?4,?5,?6,?7)"));
  SUBNETD_TRY(part_, db_.prepare("INSERT INTO snapshot_part VALUES(?1,?2,?3)"));
  SUBNETD_TRY(read_model_, ReadModel::prepare(db_));
  SUBNETD_TRY(reader_, TurnReader::prepare(db_));
  SUBNETD_TRY(head_, reader_.head());
  SUBNETD_TRY(Statement last, db_.prepare("SELECT passing,hash FROM turn "
                                          "ORDER BY seq_first DESC LIMIT 1"));
  SUBNETD_TRY(const bool row, last.step());
  if (!row) return {};
  passing_ = last.u64(0);
  hash_ = last.u64(1);
  return {};
}

Result<void> SqliteJournal::in_transaction(const std::function<Result<void>()>& work) {
  if (failed_) {
    return fail(Errc::io, options_.path + ": an earlier write failed; nothing more is written",
                "restart: the journal is read again from the disk");
  }
  Result<void> done = begin_.run();
  if (done) done = work();
  if (done) done = commit_.run();
  if (done) return {};
  failed_ = true;
  if (sqlite3_get_autocommit(db_.get()) == 0) (void)rollback_.run();
  Error error = std::move(done.error());
  if (error.code == Errc::unavailable) error.code = Errc::io;
  error.message = "writing " + options_.path + ": " + error.message;
  return std::unexpected<Error>(std::move(error));
}

Result<void> SqliteJournal::append(std::uint64_t expected_head, std::span<const Fact> facts,
                                   std::uint64_t digest) {
  if (expected_head != head_) {
    return fail(Errc::conflict, options_.path + " ends at fact " + std::to_string(head_) +
                                    ", but the state is at fact " + std::to_string(expected_head));
  }
  if (facts.empty()) return {};
  SUBNETD_CHECK(in_transaction([&] { return write_turn(facts, digest); }));
  head_ += facts.size();
  return {};
}

Result<void> SqliteJournal::write_turn(std::span<const Fact> facts, std::uint64_t digest) {
  const std::int64_t turn_ms = facts.front().now_ms;
  std::uint64_t seq = head_;
  TurnHash hash(hash_);
  for (const Fact& fact : facts) {
    ++seq;
    if (passes(fact)) ++passing_;
    if (const auto* verdict = std::get_if<engine::Verdict>(&fact.body)) {
      const VerdictRow row = to_row(*verdict, fact.now_ms, seq, turn_ms);
      hash.add(row);
      SUBNETD_CHECK(write_verdict(seq, row));
      continue;
    }
    encode(fact, stored_);
    hash.add(stored_.json, stored_.blob);
    SUBNETD_CHECK(fact_.bind_u64(1, seq)
                      .bind_text(2, stored_.json)
                      .bind_blob(3, stored_.blob)
                      .run());
    SUBNETD_CHECK(read_model_.record(seq, fact));
  }
  hash_ = hash.close(head_ + 1, facts.size(), turn_ms, digest);
  return turn_.bind_u64(1, head_ + 1)
      .bind_u64(2, facts.size())
      .bind(3, turn_ms)
      .bind_u64(4, digest)
      .bind_u64(5, passing_)
      .bind_u64(6, hash_)
      .run();
}

Result<void> SqliteJournal::write_verdict(std::uint64_t seq, const VerdictRow& row) {
  return verdict_.bind_u64(1, seq)
      .bind(2, row.lead)
      .bind(3, row.miner)
      .bind(4, row.validator)
      .bind(5, row.score)
      .bind(6, row.fate)
      .bind(7, row.after_ms)
      .run();
}

Result<void> SqliteJournal::read(std::uint64_t after, const OnTurn& on_turn) {
  return reader_.read(after, on_turn);
}

Result<std::optional<Journal::SnapshotHead>> SqliteJournal::snapshot_head() {
  return reader_.snapshot_head();
}

Result<std::string> SqliteJournal::snapshot_part(const SnapshotHead& head, std::uint64_t part) {
  return reader_.snapshot_part(head, part);
}

void SqliteJournal::offer_snapshot(Snapshot snapshot) {
  offered_ = std::move(snapshot);
  next_part_ = 0;
}

Result<bool> SqliteJournal::maintain() {
  if (wal_bytes_ >= checkpoint_at_bytes_) {
    SUBNETD_CHECK(checkpoint());
    return true;
  }
  if (offered_) {
    SUBNETD_CHECK(store_part());
    return true;
  }
  if (old_snapshots_) {
    SUBNETD_TRY(old_snapshots_, remove_old_snapshot());
    return true;
  }
  if (old_facts_) {
    SUBNETD_TRY(old_facts_, remove_old_facts());
    return old_facts_;
  }
  return false;
}

Result<void> SqliteJournal::store_part() {
  const std::size_t part = next_part_;
  const bool last = part + 1 >= offered_->parts.size();
  const auto store = [&]() -> Result<void> {
    // What an earlier run left of a snapshot of the same fact.
    if (part == 0) {
      SUBNETD_CHECK(db_.exec(
          ("DELETE FROM snapshot_part WHERE seq=" + std::to_string(offered_->seq)).c_str()));
    }
    SUBNETD_CHECK(part_.bind_u64(1, offered_->seq)
                      .bind_u64(2, part)
                      .bind_blob(3, offered_->parts[part])
                      .run());
    return last ? finish_snapshot() : Result<void>();
  };
  SUBNETD_CHECK(in_transaction(store));
  offered_->parts[part] = {};
  ++next_part_;
  if (last) {
    offered_.reset();
    old_snapshots_ = old_facts_ = true;
    remove_to_ = 0;
  }
  return {};
}

Result<void> SqliteJournal::finish_snapshot() {
  SUBNETD_TRY(Statement insert,
              db_.prepare("INSERT OR REPLACE INTO snapshot VALUES(?1,?2,?3,"
                          "(SELECT sum(length(bytes)) FROM snapshot_part WHERE seq=?1),?4)"));
  SUBNETD_CHECK(insert.bind_u64(1, offered_->seq)
                    .bind_u64(2, offered_->digest)
                    .bind_u64(3, offered_->parts.size())
                    .bind_u64(4, offered_->hash)
                    .run());
  SUBNETD_TRY(Statement forget, db_.prepare("DELETE FROM snapshot WHERE seq<>?1"));
  return forget.bind_u64(1, offered_->seq).run();
}

// One part of a snapshot that is not, or no longer, complete. False: none is left.
Result<bool> SqliteJournal::remove_old_snapshot() {
  constexpr const char* find =
      "SELECT rowid FROM snapshot_part WHERE seq NOT IN (SELECT seq FROM snapshot) LIMIT 1";
  SUBNETD_TRY(const std::int64_t row, db_.integer(find));
  if (row == 0) return false;
  const std::string remove = "DELETE FROM snapshot_part WHERE rowid=" + std::to_string(row);
  SUBNETD_CHECK(in_transaction([&] { return db_.exec(remove.c_str()); }));
  return true;
}

// The last fact of the latest turn before which nothing need be kept.
Result<std::uint64_t> SqliteJournal::removable_to() {
  SUBNETD_TRY(const auto snapshot, snapshot_head());
  if (!snapshot || passing_ <= options_.keep) return 0;
  SUBNETD_TRY(Statement at, db_.prepare("SELECT seq_first,n,passing FROM turn "
                                        "WHERE seq_first<=?1 ORDER BY seq_first DESC LIMIT 1"));
  std::uint64_t low = 0, high = snapshot->seq;  // turns that end within [1, high] are looked at
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    SUBNETD_TRY(const bool row, at.bind_u64(1, middle).step());
    const std::uint64_t last = row ? at.u64(0) + at.u64(1) - 1 : 0;
    const bool goes =  // without a row: it went before
        !row || (at.u64(2) <= passing_ - options_.keep && last <= snapshot->seq);
    const std::uint64_t first = row ? at.u64(0) : 0;
    at.reset();
    if (goes) {
      low = std::max(last, middle);
    } else {
      high = first == 0 ? 0 : first - 1;
    }
  }
  return low;
}

// The last turn that goes stays as a row without facts: the hash of the next one begins with it.
Result<bool> SqliteJournal::remove_old_facts() {
  if (remove_to_ == 0) {
    SUBNETD_TRY(remove_to_, removable_to());
  }
  SUBNETD_TRY(const std::int64_t swept,
              db_.integer("SELECT value FROM meta WHERE name='swept_to'"));
  const auto from = static_cast<std::uint64_t>(swept);
  if (from >= remove_to_) return false;
  const std::string to = std::to_string(std::min(remove_to_, from + facts_removed_per_step));
  const std::string range = " WHERE seq>" + std::to_string(from) + " AND seq<=" + to;
  std::string remove = "DELETE FROM verdict" + range + ";DELETE FROM fact" + range + " AND (0";
  for (const char* kind : {"due", "owed", "matched", "rebalancing"}) {
    remove += std::string(" OR json GLOB '{\"v\":?,\"k\":\"") + kind + "\",*'";
  }
  remove += ");DELETE FROM turn WHERE seq_first<=" + to + " AND seq_first+n-1<" + to +
            ";UPDATE meta SET value=max(value," + to +
            ") WHERE name IN ('swept_to','verdicts_removed_to')";
  SUBNETD_CHECK(in_transaction([&] { return db_.exec(remove.c_str()); }));
  return true;
}

// A reader in the way is no error: the log grows, and the next try comes a quarter later.
Result<void> SqliteJournal::checkpoint() {
  const bool truncate = wal_bytes_ >= options_.wal_truncate_bytes;
  int pages = 0, copied = 0;
  if (truncate) sqlite3_busy_timeout(db_.get(), 50);
  const int code = sqlite3_wal_checkpoint_v2(
      db_.get(), nullptr, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &pages,
      &copied);
  if (truncate) sqlite3_busy_timeout(db_.get(), 5000);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
    failed_ = true;
    return db_.failed(code, "checkpointing " + options_.path);
  }
  // Fully copied: the next append begins the log anew.
  if (code == SQLITE_OK && copied == pages) {
    wal_bytes_ = 0;
    checkpoint_at_bytes_ = options_.wal_passive_bytes;
  } else {
    checkpoint_at_bytes_ = wal_bytes_ + options_.wal_passive_bytes / 4;
  }
  return {};
}

}  // namespace subnetd::journal
