// SPDX-License-Identifier: 0BSD
#include "journal/sqlite_journal.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "journal/samples.hpp"
#include "journal/scratch.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::Fact;

std::unique_ptr<SqliteJournal> opened(const std::string& path) {
  auto journal = SqliteJournal::open({.path = path});
  if (!journal) ADD_FAILURE() << journal.error().message;
  return journal ? std::move(*journal) : nullptr;
}

std::vector<Fact> all_samples() {
  std::vector<Fact> out;
  for (const auto& [name, fact] : samples()) out.push_back(fact);
  return out;
}

std::vector<Turn> turns_of(Journal& journal, std::uint64_t after = 0) {
  std::vector<Turn> out;
  const auto read = journal.read(after, [&](const Turn& turn) -> Result<void> {
    out.push_back(turn);
    return {};
  });
  if (!read) ADD_FAILURE() << read.error().message;
  return out;
}

void exec(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(SqliteJournal, GivesBackEveryFactInOrderAfterReopening) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  const std::vector<Fact> facts = all_samples();
  {
    auto journal = opened(path);
    ASSERT_TRUE(journal->append(0, facts, 11));
    ASSERT_TRUE(journal->append(facts.size(), std::span(facts).first(3), 22));
    EXPECT_EQ(journal->head(), facts.size() + 3);
  }
  auto journal = opened(path);
  EXPECT_EQ(journal->head(), facts.size() + 3);
  const std::vector<Turn> turns = turns_of(*journal);
  ASSERT_EQ(turns.size(), 2u);
  EXPECT_EQ(turns[0].facts, facts);
  EXPECT_EQ(turns[0].digest, 11u);
  EXPECT_EQ(turns[1].seq_first, facts.size() + 1);
  EXPECT_EQ(turns[1].digest, 22u);
  EXPECT_EQ(turns_of(*journal, facts.size()).size(), 1u);
}

TEST(SqliteJournal, RefusesAnAppendThatExpectsAnotherHead) {
  const Scratch folder;
  auto journal = opened(folder / "j.db");
  const std::vector<Fact> facts = all_samples();
  const auto wrong = journal->append(1, facts, 0);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::conflict);
  EXPECT_TRUE(journal->append(0, facts, 0));
}

TEST(SqliteJournal, StoresNothingForATurnWithoutFacts) {
  const Scratch folder;
  auto journal = opened(folder / "j.db");
  ASSERT_TRUE(journal->append(0, {}, 5));
  EXPECT_TRUE(turns_of(*journal).empty());
}

TEST(SqliteJournal, RefusesASecondDaemonNamingThePidOfTheFirst) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  auto journal = opened(path);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto second = SqliteJournal::open({.path = folder / "./j.db"});
    const bool refused =
        !second && second.error().code == Errc::config &&
        second.error().message.find(std::to_string(::getppid())) != std::string::npos;
    ::_exit(refused ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  journal.reset();
  EXPECT_TRUE(SqliteJournal::open({.path = path}));
}

TEST(SqliteJournal, RefusesANewerJournalNamingBothVersions) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  opened(path).reset();
  exec(path, "PRAGMA user_version=7");
  const auto newer = SqliteJournal::open({.path = path});
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Errc::config);
  EXPECT_NE(newer.error().message.find("version 7"), std::string::npos) << newer.error().message;
  EXPECT_NE(newer.error().message.find("version 2"), std::string::npos) << newer.error().message;
}

TEST(SqliteJournal, RefusesADatabaseOfAnotherProgramAndLeavesItAlone) {
  const Scratch folder;
  const std::string path = folder / "other.db";
  exec(path, "CREATE TABLE t(x)");
  const auto other = SqliteJournal::open({.path = path});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::config);
  exec(path, "INSERT INTO t VALUES(1)");
}

TEST(SqliteJournal, RefusesGarbageWithAClearError) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  std::ofstream(path) << std::string(10'000, 'x');
  const auto garbage = SqliteJournal::open({.path = path});
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, Errc::corrupt);
  EXPECT_NE(garbage.error().message.find(path), std::string::npos) << garbage.error().message;
}

TEST(SqliteJournal, RefusesATruncatedFileWithAClearError) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  {
    auto journal = opened(path);
    ASSERT_TRUE(journal->append(0, all_samples(), 1));
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto truncated = SqliteJournal::open({.path = path});
  ASSERT_FALSE(truncated);
  EXPECT_EQ(truncated.error().code, Errc::corrupt);
}

TEST(SqliteJournal, FindsADamagedPageWhenAskedToLook) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  {
    auto journal = opened(path);
    ASSERT_TRUE(journal->append(0, all_samples(), 1));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path)) - 4096);
    file << std::string(4096, '\xee');
  }
  const auto damaged = SqliteJournal::open({.path = path, .quick_check = true});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Errc::corrupt);
}

TEST(SqliteJournal, SaysSoWhenAFactIsMissing) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  {
    auto journal = opened(path);
    ASSERT_TRUE(journal->append(0, all_samples(), 1));
  }
  exec(path, "DELETE FROM fact WHERE seq=5");
  auto journal = opened(path);
  const auto read = journal->read(0, [](const Turn&) -> Result<void> { return {}; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::corrupt);
  EXPECT_NE(read.error().message.find("fact 5"), std::string::npos) << read.error().message;
}

TEST(SqliteJournal, RefusesAFolderThatIsNotThere) {
  const Scratch folder;
  const auto missing = SqliteJournal::open({.path = folder / "no/such/j.db"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::config);
}

TEST(SqliteJournal, KnowsNetworkFileSystems) {
  EXPECT_TRUE(network_file_system(0x6969));
  EXPECT_TRUE(network_file_system(static_cast<int>(0xFF534D42)));
  EXPECT_FALSE(network_file_system(0xEF53));      // ext4
  EXPECT_FALSE(network_file_system(0x01021994));  // tmpfs
  EXPECT_FALSE(network_file_system(0x794c7630));  // overlay
}

TEST(SqliteJournal, KeepsTheLogShort) {
  const Scratch folder;
  auto journal = opened(folder / "j.db");
  const std::vector<Fact> facts(500, samples().at("node_put.miner"));
  std::uint64_t longest = 0;
  std::vector<Fact> turn = facts;
  for (std::uint32_t i = 0; i < 200; ++i) {
    for (std::uint32_t k = 0; k < turn.size(); ++k) {
      std::get<engine::NodePut>(turn[k].body).slot = i * 500 + k;
    }
    ASSERT_TRUE(journal->append(journal->head(), turn, i));
    while (journal->maintain().value()) {
    }
    longest = std::max(longest, journal->wal_bytes());
  }
  EXPECT_LT(longest, 20u << 20);
  EXPECT_LT(std::filesystem::file_size(folder / "j.db-wal"), 24u << 20);
}

TEST(SqliteJournal, StoresAVerdictInAboutTwentySixBytes) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  constexpr std::uint32_t turns = 100, each = 2'000;
  {
    auto journal = opened(path);
    std::uint64_t request = 3'000'000;
    for (std::uint32_t t = 0; t < turns; ++t) {
      std::vector<Fact> facts;
      for (std::uint32_t i = 0; i < each; ++i) {
        const std::int64_t now_ms = sample_ms + t * 200 + i / 16;
        const engine::Verdict verdict{++request, (t * each + i) * 5,  i % 1'000,
                                      VerdictOutcome::scored, 300'000 + i, engine::none};
        facts.push_back({now_ms, verdict});
      }
      ASSERT_TRUE(journal->append(journal->head(), facts, t));
    }
  }
  const double bytes = static_cast<double>(std::filesystem::file_size(path)) / (turns * each);
  RecordProperty("bytes_per_verdict_x100", static_cast<int>(bytes * 100));
  EXPECT_LT(bytes, 28.0);
}

}  // namespace
}  // namespace subnetd::journal
