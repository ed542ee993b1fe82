// SPDX-License-Identifier: 0BSD
// The journal file: how its connections are set, its tables, its versions. Every setting is read
// back; one that did not take is named and the journal is not used.
#pragma once

#include "domain/error.hpp"
#include "journal/sqlite.hpp"

namespace subnetd::journal {

inline constexpr std::int64_t application_id = 0x53424E4A;  // "SBNJ"
inline constexpr std::int64_t schema_version = 2;
inline constexpr std::int64_t page_bytes = 4096;

// Of the one connection that writes and checkpoints. Creates the tables in an empty file and brings
// an older journal up to date.
Result<void> set_up_writer(Database& db, const std::string& path);
// Of connections that only read.
Result<void> set_up_reader(Database& db, const std::string& path);
// Errc::corrupt with SQLite's first finding.
Result<void> quick_check(Database& db, const std::string& path);

}  // namespace subnetd::journal
