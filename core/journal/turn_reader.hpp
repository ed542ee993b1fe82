// SPDX-License-Identifier: 0BSD
// Reads turns and snapshots over any connection, in short transactions, so that a long replay does
// not keep the log from being checkpointed.
#pragma once

#include "journal/journal.hpp"
#include "journal/sqlite.hpp"

namespace subnetd::journal {

class TurnHash;

class TurnReader {
 public:
  // The connection must outlive it and keep its address.
  static Result<TurnReader> prepare(Database& db);

  Result<void> read(std::uint64_t after, const OnTurn& on_turn);
  Result<std::uint64_t> head();
  // The end of the turn after which every fact is still there; 0: from the first.
  Result<std::uint64_t> oldest();
  Result<std::optional<Journal::SnapshotHead>> snapshot_head();
  Result<std::string> snapshot_part(const Journal::SnapshotHead& head, std::uint64_t part);

 private:
  // Whole turns after `after`, some thousand facts at most; empty at the end.
  Result<std::vector<Turn>> batch(std::uint64_t after);
  Result<void> fill(Turn& turn, std::uint64_t facts, bool& fact_row, bool& verdict_row,
                    TurnHash& hash);
  Result<std::optional<std::uint64_t>> hash_at(std::uint64_t seq);
  Result<void> compare(const Turn& turn, std::optional<std::uint64_t>& before, TurnHash& bytes);
  void reset();

  Database* db_ = nullptr;
  Statement turns_, turn_before_, facts_, verdicts_, head_, snapshot_, part_;
};

}  // namespace subnetd::journal
