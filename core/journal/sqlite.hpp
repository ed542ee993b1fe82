// SPDX-License-Identifier: 0BSD
// SQLite as values: a connection and its prepared statements, with errors a person can act on.
// A connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace subnetd::journal {

// Text and blobs are bound without a copy: they must live until the next reset().
class Statement {
 public:
  Statement() = default;

  Statement& bind(int at, std::int64_t value);
  Statement& bind_u64(int at, std::uint64_t value) {
    return bind(at, static_cast<std::int64_t>(value));
  }
  Statement& bind(int at, std::optional<std::int64_t> value);
  Statement& bind_text(int at, std::string_view text);
  Statement& bind_blob(int at, std::string_view bytes);  // empty: NULL

  Result<bool> step();  // true: a row is there
  Result<void> run();   // to its end; ready for the next binding
  void reset();

  std::int64_t integer(int column) const;
  std::uint64_t u64(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool is_null(int column) const;
  std::string_view text(int column) const;  // until the next step
  std::string_view blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_badly_ = 0;
};

class Database {
 public:
  enum class Mode { writer, reader };

  Database() = default;
  static Result<Database> open(const std::string& path, Mode mode, const char* vfs = nullptr);
  // Any flags of sqlite3_open_v2.
  static Result<Database> open_with(const std::string& path, int flags, const char* vfs = nullptr);

  Result<void> exec(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> integer(std::string_view sql);  // the one number a query gives
  Result<std::string> text(std::string_view sql);
  std::unexpected<Error> failed(int code, std::string_view what) const;
  sqlite3* get() const { return db_.get(); }
  explicit operator bool() const { return db_ != nullptr; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, Close> db_;
};

// The Error of an SQLite result code: corrupt, unavailable, io or internal.
Error sqlite_error(int code, std::string_view what, std::string_view detail);

}  // namespace subnetd::journal
