// SPDX-License-Identifier: 0BSD
#include "journal/sqlite.hpp"

#include <sqlite3.h>

namespace subnetd::journal {

Error sqlite_error(int code, std::string_view what, std::string_view detail) {
  std::string message(what);
  message.append(": ").append(detail).append(" (SQLite ");
  message.append(std::to_string(code)).append(")");
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
      return {Errc::corrupt, std::move(message), "restore the latest backup"};
    case SQLITE_NOTADB:
      return {Errc::corrupt, std::move(message), "this file is no journal: check [journal] path"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::unavailable, std::move(message), "try again"};
    case SQLITE_FULL: return {Errc::io, std::move(message), "make room on the disk, then restart"};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Errc::io, std::move(message), "check the path, its folder and its permissions"};
    case SQLITE_IOERR: return {Errc::io, std::move(message), "check the disk, then restart"};
    case SQLITE_NOMEM: return {Errc::io, std::move(message), "there is too little memory"};
    default: return {Errc::internal, std::move(message), ""};
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int at, std::int64_t value) {
  bound_badly_ |= sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}

Statement& Statement::bind(int at, std::optional<std::int64_t> value) {
  if (value) return bind(at, *value);
  bound_badly_ |= sqlite3_bind_null(statement_.get(), at);
  return *this;
}

Statement& Statement::bind_text(int at, std::string_view text) {
  bound_badly_ |= sqlite3_bind_text64(statement_.get(), at, text.empty() ? "" : text.data(),
                                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
  bound_badly_ |= bytes.empty() ? sqlite3_bind_null(statement_.get(), at)
                                : sqlite3_bind_blob64(statement_.get(), at, bytes.data(),
                                                      bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int code = bound_badly_ != 0 ? bound_badly_ : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected<Error>(sqlite_error(code, sqlite3_sql(statement_.get()),
                                             sqlite3_errmsg(sqlite3_db_handle(statement_.get()))));
}

Result<void> Statement::run() {
  Result<bool> row = step();
  while (row && *row) row = step();
  reset();
  if (!row) return std::unexpected<Error>(std::move(row.error()));
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bound_badly_ = 0;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Result<Database> Database::open_with(const std::string& path, int flags, const char* vfs) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  Database out;
  out.db_.reset(raw);
  if (code == SQLITE_OK) return out;
  const std::string what = "opening " + path;
  return std::unexpected<Error>(
      sqlite_error(code, what, raw != nullptr ? sqlite3_errmsg(raw) : sqlite3_errstr(code)));
}

Result<Database> Database::open(const std::string& path, Mode mode, const char* vfs) {
  const int flags = mode == Mode::writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                         : SQLITE_OPEN_READONLY;
  return open_with(path, flags, vfs);
}

std::unexpected<Error> Database::failed(int code, std::string_view what) const {
  return std::unexpected<Error>(sqlite_error(code, what, sqlite3_errmsg(db_.get())));
}

Result<void> Database::exec(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code, sql);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return failed(code, sql);
  Statement out;
  out.statement_.reset(raw);
  return out;
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  SUBNETD_TRY(Statement statement, prepare(sql));
  SUBNETD_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  SUBNETD_TRY(Statement statement, prepare(sql));
  SUBNETD_TRY(const bool row, statement.step());
  return row ? std::string(statement.text(0)) : std::string();
}

}  // namespace subnetd::journal
