// SPDX-License-Identifier: 0BSD
// A journal whose rows are not what was written: every change is found before its fact is applied,
// and named; a journal of the version without hashes is read, and cannot crash what reads it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>

#include "journal/backup.hpp"
#include "journal/schema.hpp"
#include "journal/scratch.hpp"
#include "journal/snapshot_codec.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/workload.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;

void change(const std::string& path, const std::string& sql) {
  auto db = Database::open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ASSERT_TRUE(db) << db.error().message;
  const auto done = db->exec(sql.c_str());
  ASSERT_TRUE(done) << sql << ": " << done.error().message;
}

std::int64_t number(const std::string& path, const std::string& sql) {
  return Database::open_with(path, SQLITE_OPEN_READONLY)->integer(sql).value();
}

Result<Restored> started(const std::string& path) {
  SUBNETD_TRY(const auto journal, SqliteJournal::open({.path = path}));
  return restore(*journal, engine_apply());
}

struct Damage : ::testing::Test {
  void SetUp() override {
    auto journal = SqliteJournal::open({.path = path}).value();
    Workload load(5);
    for (int i = 0; i < 80; ++i) {
      const std::uint64_t head = journal->head();
      const auto facts = load.turn();
      ASSERT_TRUE(journal->append(head, facts, load.state.digest.value()));
    }
    content = content_hash(load.state);
  }
  // A copy of the journal with one change.
  std::string with(const std::string& sql) {
    const std::string copy = folder / "copy.db";
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
    std::filesystem::copy_file(path, copy);
    change(copy, sql);
    return copy;
  }

  const Scratch folder;
  const std::string path = folder / "j.db";
  std::uint64_t content = 0;
};

// One a column of what is stored, and what the digest of the state leaves out.
const std::vector<std::string> changes{
    "UPDATE verdict SET miner=4000000000 WHERE seq=(SELECT max(seq) FROM verdict)",
    "UPDATE verdict SET miner=(miner+1)%3 WHERE seq=(SELECT max(seq) FROM verdict)",
    "UPDATE verdict SET validator=3000000000 WHERE seq=(SELECT min(seq) FROM verdict "
    "WHERE validator IS NOT NULL)",
    "UPDATE verdict SET score=score+1 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE verdict SET lead=lead-1 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE verdict SET fate=8*4000000000 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE verdict SET fate=4 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE verdict SET after_ms=after_ms+1 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE verdict SET after_ms=-99999999 WHERE seq=(SELECT min(seq) FROM verdict)",
    "UPDATE fact SET json=replace(json,'\"slot\":2','\"slot\":4000000000')",
    "UPDATE fact SET json=replace(json,'\"uid\":3','\"uid\":77')",
    "UPDATE fact SET json=replace(json,'\"id\":\"m','\"id\":\"n')",
    "UPDATE fact SET json=replace(json,'198.51.100.1','198.51.100.2')",
    "UPDATE fact SET json=replace(json,'\"namespace\":','\"key\":\"k\",\"namespace\":')",
    "UPDATE fact SET json=replace(json,'model.openai.gpt','model.openai.gpx')",
    "UPDATE fact SET json=replace(json,'\"region\":\"eu\"','\"region\":\"us\"')",
    "UPDATE fact SET json=replace(json,'\"protocol\":\"module\"','\"protocol\":\"modulo\"')",
    "UPDATE fact SET json=replace(json,'\"capacity\":','\"stake_nano\":5,\"capacity\":')",
    "UPDATE fact SET json=replace(json,'\"redundancy\":1','\"redundancy\":100000000')",
    "UPDATE fact SET json=replace(json,'\"interval_ms\":10000','\"interval_ms\":0')",
    "UPDATE fact SET json=replace(json,'\"model_type\":\"chat\"','\"model_type\":\"chau\"')",
    "UPDATE fact SET json=replace(json,'\"to_ms\":1','\"to_ms\":9')",
    "UPDATE fact SET json=replace(json,'[1,0,','[3999999999,0,')",
    "UPDATE fact SET json=replace(json,',0,0]',',9,0]')",
    "UPDATE fact SET json=replace(json,'\"epoch\":1','\"epoch\":7')",
    "UPDATE fact SET blob=x'00' WHERE seq=3",
    "UPDATE turn SET now_ms=now_ms+1 WHERE seq_first=(SELECT max(seq_first) FROM turn)",
    "UPDATE turn SET digest=digest+1 WHERE seq_first=(SELECT max(seq_first) FROM turn)",
    "UPDATE turn SET hash=hash+1 WHERE seq_first=(SELECT max(seq_first) FROM turn)",
    "UPDATE turn SET hash=NULL WHERE seq_first=(SELECT max(seq_first) FROM turn)",
    "UPDATE turn SET n=n-1 WHERE seq_first=(SELECT max(seq_first) FROM turn)",
};

TEST_F(Damage, OfAnyValueIsFoundBeforeItsFactIsApplied) {
  ASSERT_EQ(content_hash(started(path).value().state), content);
  for (const std::string& sql : changes) {
    const std::string copy = with("CREATE TABLE n(c);" + sql + ";INSERT INTO n VALUES(changes())");
    ASSERT_GT(number(copy, "SELECT c FROM n"), 0) << sql;
    const auto restored = started(copy);
    ASSERT_FALSE(restored) << sql;
    EXPECT_EQ(restored.error().code, Errc::corrupt) << sql;
    EXPECT_NE(restored.error().message.find("fact"), std::string::npos) << sql;
    EXPECT_NE(restored.error().hint.find("backup"), std::string::npos)
        << sql << ": " << restored.error().message;
    const auto copied = backup(copy, folder / "backup.db", engine_apply());
    ASSERT_FALSE(copied) << sql;
    EXPECT_EQ(copied.error().code, Errc::corrupt) << sql;
  }
}

// As version 1 stored it: the rules of the engine are all that stands before apply().
TEST_F(Damage, WithoutHashesCrashesNobody) {
  std::size_t found = 0;
  for (const std::string& sql : changes) {
    const auto restored = started(with("UPDATE turn SET hash=NULL;" + sql));
    if (restored) continue;
    ++found;
    EXPECT_EQ(restored.error().code, Errc::corrupt) << sql << ": " << restored.error().message;
  }
  EXPECT_GT(found, changes.size() / 2);
}

TEST_F(Damage, OfASlotNamesTheFact) {
  const std::string last = "(SELECT max(seq) FROM verdict)";
  const std::string copy = with("UPDATE turn SET hash=NULL;"
                                "UPDATE verdict SET miner=4000000000 WHERE seq=" + last);
  const auto restored = started(copy);
  ASSERT_FALSE(restored);
  const std::string fact = "fact " + std::to_string(number(copy, "SELECT max(seq) FROM verdict"));
  EXPECT_NE(restored.error().message.find(fact), std::string::npos) << restored.error().message;
  EXPECT_NE(restored.error().message.find("slot 4000000000"), std::string::npos);
}

TEST_F(Damage, OfASnapshotIsFound) {
  {
    auto journal = SqliteJournal::open({.path = path}).value();
    auto reader = JournalReader::open(path).value();
    journal->offer_snapshot(build_snapshot(*reader, engine_apply()).value());
    while (journal->maintain().value()) {
    }
  }
  ASSERT_GT(started(path).value().snapshot_seq, 0u);
  // Another snapshot of the same length, whole in itself.
  auto restored = started(path).value();
  std::string& endpoint = restored.state.validators.at(0).record.endpoint;
  endpoint.back() = '1';
  const Snapshot other = encode_snapshot(restored.state);
  ASSERT_EQ(other.parts.size(), 1u);
  std::string hex;
  for (const char c : other.parts[0]) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    hex += digits;
  }
  const auto read = started(with("UPDATE snapshot_part SET bytes=x'" + hex + "'"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::corrupt);
  EXPECT_NE(read.error().message.find("snapshot"), std::string::npos) << read.error().message;
}

TEST_F(Damage, DoneWhileASnapshotIsMadeIsFoundByReadingItBack) {
  auto reader = JournalReader::open(path).value();
  const Apply wrong = [](engine::State& state, const engine::Fact& fact) {
    Result<void> applied = engine::apply_stored(state, fact);
    if (state.columns.why.size() > state.miners.size()) state.columns.why.pop_back();
    state.columns.why.push_back(0);  // what a snapshot cannot hold
    return applied;
  };
  EXPECT_FALSE(build_snapshot(*reader, wrong));
}

// Written by the first version; see tests/vectors/journals.
struct FirstVersion : ::testing::Test {
  void SetUp() override {
    const std::string folder_of = std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/journals/";
    std::ifstream in(folder_of + "v1.sql");
    const std::string sql{std::istreambuf_iterator<char>(in), {}};
    ASSERT_FALSE(sql.empty());
    change(path, "PRAGMA application_id=" + std::to_string(application_id) + ";" + sql +
                     ";PRAGMA user_version=1");
  }
  static constexpr std::uint64_t head = 114, content = 15'320'781'764'512'562'026u;
  const Scratch folder;
  const std::string path = folder / "j.db";
};

TEST_F(FirstVersion, IsReplayedAsItIs) {
  auto reader = JournalReader::open(path).value();
  const auto restored = replay(*reader, engine_apply(), true);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->state.facts, head);
  EXPECT_EQ(restored->facts_unhashed, head);
  EXPECT_EQ(content_hash(restored->state), content);
  EXPECT_EQ(number(path, "PRAGMA user_version"), 1);
}

TEST_F(FirstVersion, IsBroughtUpToDateByTheDaemonAndHashedFromThenOn) {
  auto journal = SqliteJournal::open({.path = path}).value();
  auto restored = restore(*journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_GT(restored->snapshot_seq, 0u);
  EXPECT_EQ(content_hash(restored->state), content);
  EXPECT_EQ(number(path, "PRAGMA user_version"), 2);
  Workload load(8, std::move(restored->state));
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = journal->head();
    const auto facts = load.turn();
    ASSERT_TRUE(journal->append(before, facts, load.state.digest.value()));
  }
  auto reader = JournalReader::open(path).value();
  const auto whole = replay(*reader, engine_apply(), true);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->facts_unhashed, head);
  EXPECT_GT(whole->facts_replayed, head);
  EXPECT_EQ(content_hash(whole->state), content_hash(load.state));
}

// With a snapshot each round, what a file needs is what `keep` and the subnet's history need.
TEST(Keep, BoundsTheFileAlsoWhenNothingButTheClockIsWritten) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  auto journal = SqliteJournal::open({.path = path, .keep = 1'000}).value();
  Workload load(2);
  const auto first = load.turn(40);
  ASSERT_TRUE(journal->append(0, first, load.state.digest.value()));
  std::vector<std::int64_t> pages;
  for (int round = 0; round < 8; ++round) {
    for (int turn = 0; turn < 40; ++turn) {
      std::vector<engine::Fact> facts;
      for (int i = 0; i < 50; ++i) {
        engine::Fact due{load.state.now_ms + 1, engine::Due{load.state.now_ms + 1, {}}};
        engine::Fact even{load.state.now_ms + 1, engine::Rebalancing{}};
        engine::Fact& fact = i % 5 == 4 ? even : due;
        ASSERT_TRUE(engine::apply_stored(load.state, fact));
        facts.push_back(std::move(fact));
      }
      const std::uint64_t before = journal->head();
      ASSERT_TRUE(journal->append(before, facts, load.state.digest.value()));
    }
    auto reader = JournalReader::open(path).value();
    auto snapshot = build_snapshot(*reader, engine_apply());
    ASSERT_TRUE(snapshot) << snapshot.error().message;
    journal->offer_snapshot(std::move(*snapshot));
    while (journal->maintain().value()) {
    }
    pages.push_back(number(path, "PRAGMA page_count"));
  }
  EXPECT_LE(pages.back(), pages[1] + 4);
  EXPECT_LT(number(path, "SELECT count(*) FROM turn"), 30);
  EXPECT_LT(number(path, "SELECT count(*) FROM fact WHERE json LIKE '%\"due\"%'"), 1'100);
  const auto restored = restore(*journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(content_hash(restored->state), content_hash(load.state));
  auto reader = JournalReader::open(path).value();
  EXPECT_TRUE(check_bytes(reader->turns()));
}

}  // namespace
}  // namespace subnetd::journal
