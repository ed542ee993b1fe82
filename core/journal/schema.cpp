// SPDX-License-Identifier: 0BSD
#include "journal/schema.hpp"

#include <sqlite3.h>

#include <span>

namespace subnetd::journal {
namespace {

struct Setting {
  const char* name;
  const char* value;
  const char* read_back;
};

constexpr Setting writer_settings[] = {
    {"journal_mode", "WAL", "wal"},      {"synchronous", "FULL", "2"},
    {"busy_timeout", "5000", "5000"},    {"foreign_keys", "ON", "1"},
    {"trusted_schema", "OFF", "0"},      {"cell_size_check", "ON", "1"},
    {"cache_size", "-262144", "-262144"}, {"temp_store", "MEMORY", "2"},
    {"mmap_size", "0", "0"},             {"wal_autocheckpoint", "0", "0"},
};

constexpr Setting reader_settings[] = {
    {"busy_timeout", "5000", "5000"}, {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},   {"cache_size", "-16384", "-16384"},
    {"temp_store", "MEMORY", "2"},    {"mmap_size", "0", "0"},
    {"wal_autocheckpoint", "0", "0"}, {"query_only", "ON", "1"},
};

// Version 1. The journal is `turn`, `fact` and `verdict`; history reads `node` and `epoch`, which
// are written in the same transactions; `snapshot` names the parts that are complete. node.kind is
// NodeEvent and node.id_hash is id_hash() of read_model.hpp. Every table grows at its end: an index
// by id would dirty a page for each fact.
constexpr const char* schema_1 = R"sql(
CREATE TABLE turn(seq_first INTEGER PRIMARY KEY, n INTEGER NOT NULL, now_ms INTEGER NOT NULL,
  digest INTEGER NOT NULL, verdicts INTEGER NOT NULL) STRICT;
CREATE TABLE fact(seq INTEGER PRIMARY KEY, json TEXT NOT NULL, blob BLOB) STRICT;
CREATE TABLE verdict(seq INTEGER PRIMARY KEY, lead INTEGER NOT NULL, miner INTEGER NOT NULL,
  validator INTEGER, score INTEGER NOT NULL, fate INTEGER NOT NULL,
  after_ms INTEGER NOT NULL) STRICT;
CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, digest INTEGER NOT NULL, parts INTEGER NOT NULL,
  bytes INTEGER NOT NULL) STRICT;
CREATE TABLE snapshot_part(seq INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY(seq, part)) STRICT;
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE node(role INTEGER NOT NULL, slot INTEGER NOT NULL, seq INTEGER NOT NULL,
  kind INTEGER NOT NULL, id_hash INTEGER, PRIMARY KEY(role, slot, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, closed_seq INTEGER, closed_ms INTEGER, block INTEGER,
  held_seq INTEGER, emitted_seq INTEGER, emitted_ms INTEGER, policy TEXT, budget_nano INTEGER,
  founder_nano INTEGER, dust_nano INTEGER, unallocated_nano INTEGER, nodes INTEGER) STRICT;
INSERT INTO meta VALUES('verdicts_removed_to', 0);
)sql";

// Version 2. turn.hash is a TurnHash and snapshot.hash one over its parts; what version 1 wrote has
// none. turn.passing counts, up to its end, the facts that go once a snapshot covers them (until
// now verdicts alone): those up to `swept_to` are gone, with their turns.
constexpr const char* schema_2 = R"sql(
ALTER TABLE turn RENAME COLUMN verdicts TO passing;
ALTER TABLE turn ADD COLUMN hash INTEGER;
ALTER TABLE snapshot ADD COLUMN hash INTEGER;
INSERT INTO meta VALUES('swept_to', 0);
)sql";

constexpr const char* schema_steps[schema_version] = {schema_1, schema_2};

Result<void> apply_setting(Database& db, const Setting& setting, const std::string& path) {
  const std::string pragma = std::string("PRAGMA ") + setting.name;
  SUBNETD_CHECK(db.exec((pragma + "=" + setting.value).c_str()));
  SUBNETD_TRY(const std::string found, db.text(pragma));
  const bool absent = found.empty() && std::string_view(setting.name) == "mmap_size";
  if (found == setting.read_back || absent) return {};
  return fail(Errc::io,
              path + ": SQLite setting " + setting.name + "=" + setting.value +
                  " did not take, it reads " + (found.empty() ? "nothing" : found),
              "the file system or the SQLite library cannot keep a journal safely");
}

Result<void> switch_on(Database& db, int option, const char* name, const std::string& path) {
  int now = 0;
  const int code = sqlite3_db_config(db.get(), option, 1, &now);
  if (code == SQLITE_OK && now == 1) return {};
  return fail(Errc::io, path + ": SQLite setting " + name + "=1 did not take");
}

// Refuses a file that is not ours before anything is written to it. Its version; 0: it is new.
Result<std::int64_t> recognise(Database& db, const std::string& path) {
  SUBNETD_TRY(const std::int64_t tables, db.integer("SELECT count(*) FROM sqlite_schema"));
  SUBNETD_TRY(const std::int64_t id, db.integer("PRAGMA application_id"));
  SUBNETD_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
  if (tables == 0 && id == 0 && version == 0) return 0;
  if (tables == 0 && id == application_id && version == 0) return 0;  // died while creating it
  if (id != application_id) {
    return fail(Errc::config, path + " is an SQLite database, but no journal of subnetd",
                "correct [journal] path");
  }
  if (version > schema_version || version < 1) {
    return fail(Errc::config,
                path + " is a journal of version " + std::to_string(version) +
                    "; this subnetd reads version " + std::to_string(schema_version),
                "run the newer subnetd, or restore a backup made before it");
  }
  return version;
}

// SQLite's own messages do not say which file.
template <class T>
Result<T> about(const std::string& path, Result<T> result) {
  if (!result && result.error().message.find(path) == std::string::npos) {
    result.error().message = path + ": " + result.error().message;
  }
  return result;
}

// All steps at once, so that no file is ever between two versions.
Result<void> bring_up_to_date(Database& db, std::int64_t version) {
  if (version == schema_version) return {};
  SUBNETD_CHECK(db.exec("BEGIN IMMEDIATE"));
  for (std::int64_t step = version; step < schema_version; ++step) {
    SUBNETD_CHECK(db.exec(schema_steps[step]));
  }
  SUBNETD_CHECK(db.exec(("PRAGMA user_version=" + std::to_string(schema_version)).c_str()));
  return db.exec("COMMIT");
}

Result<void> apply_all(Database& db, std::span<const Setting> settings, const std::string& path) {
  for (const Setting& setting : settings) SUBNETD_CHECK(apply_setting(db, setting, path));
  return switch_on(db, SQLITE_DBCONFIG_DEFENSIVE, "SQLITE_DBCONFIG_DEFENSIVE", path);
}

}  // namespace

Result<void> set_up_writer(Database& db, const std::string& path) {
  sqlite3_busy_timeout(db.get(), 5000);
  SUBNETD_TRY(const std::int64_t version, about(path, recognise(db, path)));
  if (version == 0) {
    SUBNETD_CHECK(db.exec(("PRAGMA page_size=" + std::to_string(page_bytes)).c_str()));
  }
  SUBNETD_CHECK(apply_all(db, writer_settings, path));
  if (version == 0) {
    const std::string id = std::to_string(application_id);
    SUBNETD_CHECK(apply_setting(db, {"application_id", id.c_str(), id.c_str()}, path));
  }
  return about(path, bring_up_to_date(db, version));
}

Result<void> set_up_reader(Database& db, const std::string& path) {
  sqlite3_busy_timeout(db.get(), 5000);
  SUBNETD_TRY(const std::int64_t version, about(path, recognise(db, path)));
  if (version == 0) return fail(Errc::not_found, path + " is an empty journal");
  SUBNETD_CHECK(apply_all(db, reader_settings, path));
  return switch_on(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", path);
}

Result<void> quick_check(Database& db, const std::string& path) {
  SUBNETD_TRY(const std::string found, db.text("PRAGMA quick_check(1)"));
  if (found == "ok") return {};
  return fail(Errc::corrupt, path + " is damaged: " + found, "restore the latest backup");
}

}  // namespace subnetd::journal
