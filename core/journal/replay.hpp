// SPDX-License-Identifier: 0BSD
// State from the journal: the latest snapshot, then every later fact. After each turn the digest
// must be the one that was stored with it. The engine's apply_stored() is given as an argument:
// this room knows facts and State, not the rules.
#pragma once

#include <atomic>
#include <functional>

#include "domain/error.hpp"
#include "engine/state.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"

namespace subnetd::journal {

using Apply = std::function<Result<void>(engine::State&, const engine::Fact&)>;

struct Restored {
  engine::State state;
  std::uint64_t snapshot_seq = 0;    // where it began; 0: from nothing
  std::uint64_t facts_replayed = 0;
  std::uint64_t facts_unhashed = 0;  // of those, written before the journal kept hashes
};

// At start, on the connection that will write.
Result<Restored> restore(Journal& journal, const Apply& apply);
// `from_start`: from the first fact, leaving snapshots aside; Errc::not_found when `keep` removed
// facts since then. Stops after the turn that reaches `to_seq`.
Result<Restored> replay(JournalReader& journal, const Apply& apply, bool from_start = false,
                        std::uint64_t to_seq = UINT64_MAX);

// Every fact that is still there is read and compared with its hash; nothing is applied.
Result<void> check_bytes(TurnReader& turns);
// As a start would restore it, over any connection.
Result<Restored> restore(TurnReader& turns, const Apply& apply);

// The next snapshot, for a thread of its own, on a reader of its own: the last one brought up to
// `to_seq` or the end, and read back to see that it holds that State. Errc::timeout when `stop`
// became true. Hand it to Journal::offer_snapshot.
Result<Snapshot> build_snapshot(JournalReader& journal, const Apply& apply,
                                std::uint64_t to_seq = UINT64_MAX,
                                const std::atomic<bool>* stop = nullptr);

}  // namespace subnetd::journal
