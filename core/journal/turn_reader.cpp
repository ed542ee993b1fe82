// SPDX-License-Identifier: 0BSD
#include "journal/turn_reader.hpp"

#include "journal/fact_codec.hpp"
#include "journal/turn_hash.hpp"

namespace subnetd::journal {
namespace {

constexpr std::size_t facts_per_batch = 16'384;

VerdictRow verdict_row_of(const Statement& row) {
  VerdictRow out{.lead = row.integer(1),
                 .miner = row.integer(2),
                 .validator = std::nullopt,
                 .score = row.integer(4),
                 .fate = row.integer(5),
                 .after_ms = row.integer(6)};
  if (!row.is_null(3)) out.validator = row.integer(3);
  return out;
}

std::string numbered(const char* what, std::uint64_t seq) {
  return std::string(what) + " " + std::to_string(seq);
}

}  // namespace

Result<TurnReader> TurnReader::prepare(Database& db) {
  TurnReader out;
  out.db_ = &db;
  SUBNETD_TRY(const std::int64_t version, db.integer("PRAGMA user_version"));
  const std::string hash = version < 2 ? ",NULL" : ",hash";
  SUBNETD_TRY(out.turns_, db.prepare("SELECT seq_first,n,now_ms,digest" + hash +
                                     " FROM turn WHERE seq_first>?1 ORDER BY seq_first"));
  SUBNETD_TRY(out.turn_before_, db.prepare("SELECT seq_first" + hash + " FROM turn "
                                           "WHERE seq_first<=?1 ORDER BY seq_first DESC LIMIT 1"));
  SUBNETD_TRY(out.facts_, db.prepare("SELECT seq,json,blob FROM fact WHERE seq>?1 ORDER BY seq"));
  SUBNETD_TRY(out.verdicts_,
              db.prepare("SELECT seq,lead,miner,validator,score,fate,after_ms FROM verdict "
                         "WHERE seq>?1 ORDER BY seq"));
  SUBNETD_TRY(out.head_, db.prepare("SELECT seq_first+n-1 FROM turn "
                                    "ORDER BY seq_first DESC LIMIT 1"));
  SUBNETD_TRY(out.snapshot_, db.prepare("SELECT seq,digest,parts,bytes" + hash +
                                        " FROM snapshot ORDER BY seq DESC LIMIT 1"));
  SUBNETD_TRY(out.part_, db.prepare("SELECT bytes FROM snapshot_part WHERE seq=?1 AND part=?2"));
  return out;
}

void TurnReader::reset() {
  turns_.reset();
  facts_.reset();
  verdicts_.reset();
}

Result<void> TurnReader::fill(Turn& turn, std::uint64_t facts, bool& fact_row, bool& verdict_row,
                              TurnHash& hash) {
  for (std::uint64_t i = 0; i < facts; ++i) {
    const std::uint64_t seq = turn.seq_first + i;
    const bool as_text = fact_row && facts_.u64(0) == seq;
    if (!as_text && !(verdict_row && verdicts_.u64(0) == seq)) {
      return fail(Errc::corrupt, numbered("missing from the journal: fact", seq), restore_hint);
    }
    const VerdictRow row = as_text ? VerdictRow() : verdict_row_of(verdicts_);
    if (as_text) {
      hash.add(facts_.text(1), facts_.blob(2));
    } else {
      hash.add(row);
    }
    Result<engine::Fact> found =
        as_text ? decode(facts_.text(1), facts_.blob(2)) : from_row(row, seq, turn.now_ms);
    if (!found) {
      const bool corrupt = found.error().code == Errc::corrupt;
      return fail(found.error().code, numbered("fact", seq) + ": " + found.error().message,
                  corrupt ? restore_hint : found.error().hint);
    }
    turn.facts.push_back(std::move(*found));
    if (as_text) {
      SUBNETD_TRY(fact_row, facts_.step());
    } else {
      SUBNETD_TRY(verdict_row, verdicts_.step());
    }
  }
  return {};
}

// The hash up to the turn that ends at `seq`; absent: of a version without, or there is none.
Result<std::optional<std::uint64_t>> TurnReader::hash_at(std::uint64_t seq) {
  SUBNETD_TRY(const bool row, turn_before_.bind_u64(1, seq).step());
  std::optional<std::uint64_t> out;
  if (row && !turn_before_.is_null(1)) out = turn_before_.u64(1);
  turn_before_.reset();
  return out;
}

// The turn's hash must be the stored one, which becomes that of the turn before the next.
Result<void> TurnReader::compare(const Turn& turn, std::optional<std::uint64_t>& before,
                                 TurnHash& bytes) {
  if (!turn.hashed && !before) return {};
  const std::uint64_t found =
      bytes.close(turn.seq_first, turn.facts.size(), turn.now_ms, turn.digest);
  if (turn.hashed && turns_.u64(4) == found) {
    before = found;
    return {};
  }
  return fail(Errc::corrupt,
              numbered("facts", turn.seq_first) + numbered(" to", turn.seq_last()) +
                  " are not what was written: their bytes have another hash than the turn",
              restore_hint);
}

Result<std::vector<Turn>> TurnReader::batch(std::uint64_t after) {
  const auto from = static_cast<std::int64_t>(after);
  std::vector<Turn> out;
  std::size_t total = 0;
  SUBNETD_TRY(const std::int64_t removed_to,
              db_->integer("SELECT value FROM meta WHERE name='verdicts_removed_to'"));
  if (from < removed_to) {
    return fail(Errc::not_found,
                "facts up to " + std::to_string(removed_to) +
                    " were removed by [journal] keep; they cannot be read from " +
                    std::to_string(after + 1),
                "start from the snapshot");
  }
  SUBNETD_TRY(std::optional<std::uint64_t> hash, hash_at(after));
  SUBNETD_TRY(bool fact_row, facts_.bind(1, from).step());
  SUBNETD_TRY(bool verdict_row, verdicts_.bind(1, from).step());
  SUBNETD_TRY(bool turn_row, turns_.bind(1, from).step());
  for (std::uint64_t next = after + 1; turn_row && total < facts_per_batch;) {
    Turn turn{turns_.u64(0), turns_.integer(2), turns_.u64(3), !turns_.is_null(4), {}};
    const std::int64_t facts = turns_.integer(1);
    if (turn.seq_first != next || facts < 1) {
      return fail(Errc::corrupt, numbered("no turn begins at fact", next), restore_hint);
    }
    TurnHash bytes(hash.value_or(0));
    SUBNETD_CHECK(fill(turn, static_cast<std::uint64_t>(facts), fact_row, verdict_row, bytes));
    SUBNETD_CHECK(compare(turn, hash, bytes));
    next += turn.facts.size();
    total += turn.facts.size();
    out.push_back(std::move(turn));
    SUBNETD_TRY(turn_row, turns_.step());
  }
  return out;
}

Result<void> TurnReader::read(std::uint64_t after, const OnTurn& on_turn) {
  while (true) {
    SUBNETD_CHECK(db_->exec("BEGIN"));
    Result<std::vector<Turn>> turns = batch(after);
    reset();
    SUBNETD_CHECK(db_->exec("COMMIT"));
    if (!turns) return std::unexpected<Error>(std::move(turns.error()));
    if (turns->empty()) return {};
    after = turns->back().seq_last();
    for (const Turn& turn : *turns) SUBNETD_CHECK(on_turn(turn));
  }
}

Result<std::uint64_t> TurnReader::oldest() {
  SUBNETD_TRY(const std::int64_t removed_to,
              db_->integer("SELECT value FROM meta WHERE name='verdicts_removed_to'"));
  if (removed_to == 0) return 0;
  const std::string to = std::to_string(removed_to);
  SUBNETD_TRY(const std::int64_t end,
              db_->integer("SELECT seq_first+n-1 FROM turn WHERE seq_first+n-1>=" + to +
                           " ORDER BY seq_first LIMIT 1"));
  return static_cast<std::uint64_t>(end);
}

Result<std::uint64_t> TurnReader::head() {
  SUBNETD_TRY(const bool row, head_.step());
  const std::uint64_t seq = row ? head_.u64(0) : 0;
  head_.reset();
  return seq;
}

Result<std::optional<Journal::SnapshotHead>> TurnReader::snapshot_head() {
  SUBNETD_TRY(const bool row, snapshot_.step());
  std::optional<Journal::SnapshotHead> out;
  if (row) {
    out = {snapshot_.u64(0), snapshot_.u64(1), snapshot_.u64(2), snapshot_.u64(3), std::nullopt};
    if (!snapshot_.is_null(4)) out->hash = snapshot_.u64(4);
  }
  snapshot_.reset();
  return out;
}

Result<std::string> TurnReader::snapshot_part(const Journal::SnapshotHead& head,
                                              std::uint64_t part) {
  SUBNETD_TRY(const bool row, part_.bind_u64(1, head.seq).bind_u64(2, part).step());
  std::string out(row ? part_.blob(0) : std::string_view());
  part_.reset();
  if (row) return out;
  return fail(Errc::unavailable,
              numbered("snapshot of fact", head.seq) + ": part " + std::to_string(part) +
                  " is not there; a later snapshot may have taken its place");
}

}  // namespace subnetd::journal
