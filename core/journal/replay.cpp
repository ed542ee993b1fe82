// SPDX-License-Identifier: 0BSD
#include "journal/replay.hpp"

#include "journal/snapshot_codec.hpp"

namespace subnetd::journal {
namespace {

using engine::Fact;
using engine::State;

const Error reached{Errc::timeout, "reached", ""};

std::unexpected<Error> differs(const char* what, std::uint64_t seq, std::uint64_t stored,
                               std::uint64_t found) {
  return fail(Errc::corrupt,
              std::string(what) + " at fact " + std::to_string(seq) + ": stored digest " +
                  std::to_string(stored) + ", replayed " + std::to_string(found),
              std::string("the journal was written by other rules, or is damaged: ") +
                  restore_hint);
}

std::unexpected<Error> damaged(Error error) {
  if (error.code == Errc::corrupt && error.hint.empty()) error.hint = restore_hint;
  return std::unexpected<Error>(std::move(error));
}

// Source is Journal, JournalReader or TurnReader.
template <class Source>
Result<State> load_snapshot(Source& source, const Journal::SnapshotHead& head) {
  Digest bytes;
  const NextPart next = [&](std::uint64_t number) {
    Result<std::string> part = source.snapshot_part(head, number);
    if (part) bytes.add(*part);
    return part;
  };
  Result<State> loaded = decode_snapshot(head.parts, next);
  if (!loaded) return damaged(std::move(loaded.error()));
  State state = std::move(*loaded);
  if (head.hash && *head.hash != bytes.value()) {
    return fail(Errc::corrupt,
                "the snapshot of fact " + std::to_string(head.seq) + " is not what was written",
                restore_hint);
  }
  if (state.digest.value() != head.digest || state.facts != head.seq) {
    return differs("snapshot", head.seq, head.digest, state.digest.value());
  }
  return state;
}

Result<void> apply_turn(Restored& out, const Turn& turn, const Apply& apply) {
  for (const Fact& fact : turn.facts) {
    const std::uint64_t seq = out.state.facts + 1;
    if (auto applied = apply(out.state, fact); !applied) {
      applied.error().message = "fact " + std::to_string(seq) + ": " + applied.error().message;
      return damaged(std::move(applied.error()));
    }
  }
  out.facts_replayed += turn.facts.size();
  if (!turn.hashed) out.facts_unhashed += turn.facts.size();
  if (out.state.digest.value() == turn.digest) return {};
  return differs("turn", turn.seq_last(), turn.digest, out.state.digest.value());
}

template <class Source>
Result<Restored> replay_from(Source& source, const Apply& apply, bool from_start,
                             std::uint64_t to_seq, const std::atomic<bool>* stop) {
  Restored out;
  std::optional<Journal::SnapshotHead> head;
  if (!from_start) {
    SUBNETD_TRY(head, source.snapshot_head());
  }
  if (head) {
    SUBNETD_TRY(out.state, load_snapshot(source, *head));
    out.snapshot_seq = head->seq;
  }
  if (out.state.facts >= to_seq) return out;
  const auto on_turn = [&](const Turn& turn) -> Result<void> {
    if (stop != nullptr && stop->load()) return fail(Errc::timeout, "replay was stopped");
    SUBNETD_CHECK(apply_turn(out, turn, apply));
    if (out.state.facts >= to_seq) return std::unexpected<Error>(reached);
    return {};
  };
  const Result<void> read = source.read(out.state.facts, on_turn);
  if (!read && !(read.error() == reached)) return std::unexpected<Error>(read.error());
  return out;
}

}  // namespace

Result<Restored> restore(Journal& journal, const Apply& apply) {
  return replay_from(journal, apply, false, UINT64_MAX, nullptr);
}

Result<Restored> replay(JournalReader& journal, const Apply& apply, bool from_start,
                        std::uint64_t to_seq) {
  return replay_from(journal, apply, from_start, to_seq, nullptr);
}

Result<Restored> restore(TurnReader& turns, const Apply& apply) {
  return replay_from(turns, apply, false, UINT64_MAX, nullptr);
}

Result<void> check_bytes(TurnReader& turns) {
  SUBNETD_TRY(const std::uint64_t oldest, turns.oldest());
  return turns.read(oldest, [](const Turn&) { return Result<void>(); });
}

Result<Snapshot> build_snapshot(JournalReader& journal, const Apply& apply, std::uint64_t to_seq,
                                const std::atomic<bool>* stop) {
  SUBNETD_TRY(Restored restored, replay_from(journal, apply, false, to_seq, stop));
  Snapshot snapshot = encode_snapshot(restored.state);
  const std::uint64_t content = content_hash(restored.state);
  restored.state = {};  // two of them need not fit at once
  const NextPart next = [&](std::uint64_t part) -> Result<std::string> {
    return snapshot.parts[part];
  };
  SUBNETD_TRY(const State again, decode_snapshot(snapshot.parts.size(), next));
  if (content_hash(again) == content) return snapshot;
  return fail(Errc::internal, "the snapshot of fact " + std::to_string(snapshot.seq) +
                                  " does not hold the state that it was made of");
}

}  // namespace subnetd::journal
