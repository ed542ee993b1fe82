// SPDX-License-Identifier: 0BSD
// The journal: facts in the order they happened, one durable append a turn. The number of a fact
// (its sequence) starts at 1 and equals State::facts after apply(). After an error of append()
// nothing more is written: memory may be ahead of the disk, so the process must end.
// One thread owns a Journal; readers of their own are in reader.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "engine/fact.hpp"

namespace subnetd::journal {

// What to do about a journal that is damaged.
inline constexpr const char* restore_hint = "put the latest backup in its place; keep this file";

// What one append() wrote.
struct Turn {
  std::uint64_t seq_first = 0;
  std::int64_t now_ms = 0;
  std::uint64_t digest = 0;  // State::digest after its last fact
  bool hashed = true;        // its bytes are what was written; false: of a version without hashes
  std::vector<engine::Fact> facts;

  std::uint64_t seq_last() const { return seq_first + facts.size() - 1; }
};
using OnTurn = std::function<Result<void>(const Turn&)>;

// A whole State as compressed parts; see snapshot_codec.hpp.
struct Snapshot {
  std::uint64_t seq = 0;  // the last fact it holds
  std::uint64_t digest = 0;
  std::vector<std::string> parts;
  std::uint64_t hash = 0;  // over the parts
};

class Journal {
 public:
  virtual ~Journal() = default;

  // The sequence of the last durable fact; 0: none.
  virtual std::uint64_t head() const = 0;

  // One durable transaction. `expected_head` is the caller's State::facts before these facts;
  // Errc::conflict when the journal stands elsewhere. Errc::io: end the process, never retry.
  virtual Result<void> append(std::uint64_t expected_head, std::span<const engine::Fact> facts,
                              std::uint64_t digest) = 0;

  // Every turn after fact `after`, which must be the end of a turn, in order, its bytes compared
  // with their hash. Errc::not_found when facts that old were removed: start from the snapshot.
  virtual Result<void> read(std::uint64_t after, const OnTurn& on_turn) = 0;

  // The latest complete snapshot; empty: there is none. Its parts are read one by one.
  struct SnapshotHead {
    std::uint64_t seq = 0;
    std::uint64_t digest = 0;
    std::uint64_t parts = 0;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> hash;  // absent in a snapshot of version 1 of the journal
  };
  virtual Result<std::optional<SnapshotHead>> snapshot_head() = 0;
  virtual Result<std::string> snapshot_part(const SnapshotHead& head, std::uint64_t part) = 0;

  // Hands over a snapshot; maintain() stores it.
  virtual void offer_snapshot(Snapshot snapshot) = 0;

  // One small step of upkeep, for between appends: a part of the offered snapshot, old
  // facts, a checkpoint. True: more waits.
  virtual Result<bool> maintain() = 0;
};

}  // namespace subnetd::journal
