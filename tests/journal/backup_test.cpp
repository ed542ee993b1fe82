// SPDX-License-Identifier: 0BSD
#include "journal/backup.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "journal/scratch.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/workload.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;

TEST(Backup, TakenWhileWritingOpensAndReplaysToTheDigestOfItsHead) {
  const Scratch folder;
  const std::string path = folder / "j.db", out = folder / "copy.db";
  auto journal = SqliteJournal::open({.path = path}).value();
  std::map<std::uint64_t, std::uint64_t> hash_at;
  Workload load(3);
  const auto write = [&] {
    const std::uint64_t before = journal->head();
    const auto facts = load.turn();
    ASSERT_TRUE(journal->append(before, facts, load.state.digest.value()));
    ASSERT_TRUE(journal->maintain());
    hash_at[journal->head()] = content_hash(load.state);
  };
  for (int i = 0; i < 100; ++i) write();
  const std::uint64_t at_least = journal->head();
  std::atomic<bool> done{false};
  Result<BackupReport> report = fail(Errc::internal, "not run");
  std::thread copier([&] {
    report = backup(path, out, engine_apply());
    done = true;
  });
  while (!done) write();
  copier.join();
  for (int i = 0; i < 20; ++i) write();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GE(report->head, at_least);
  EXPECT_EQ(report->sha256.size(), 64u);
  EXPECT_EQ(report->bytes, std::filesystem::file_size(out));

  auto copy = SqliteJournal::open({.path = out, .quick_check = true});
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ((*copy)->head(), report->head);
  auto restored = restore(**copy, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(content_hash(restored->state), hash_at.at(report->head));
  Workload goes_on(9, std::move(restored->state));
  const auto facts = goes_on.turn();
  EXPECT_TRUE((*copy)->append(report->head, facts, goes_on.state.digest.value()));
}

TEST(Backup, ReportsTheHashThatOtherToolsSee) {
  const Scratch folder;
  const std::string path = folder / "j.db", out = folder / "copy.db";
  (void)SqliteJournal::open({.path = path}).value();
  const auto report = backup(path, out, engine_apply());
  ASSERT_TRUE(report) << report.error().message;
  FILE* pipe = ::popen(("sha256sum '" + out + "'").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char line[65] = {};
  EXPECT_EQ(std::fread(line, 1, 64, pipe), 64u);
  ::pclose(pipe);
  EXPECT_EQ(report->sha256, line);
  EXPECT_EQ(report->head, 0u);
}

TEST(Backup, LeavesAnExistingFileAlone) {
  const Scratch folder;
  const std::string path = folder / "j.db", out = folder / "copy.db";
  (void)SqliteJournal::open({.path = path}).value();
  std::ofstream(out) << "mine";
  const auto report = backup(path, out, engine_apply());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::conflict);
  EXPECT_EQ(std::filesystem::file_size(out), 4u);
}

TEST(Backup, OfADamagedJournalIsRefusedAndLeavesNoFile) {
  const Scratch folder;
  const std::string path = folder / "j.db", out = folder / "copy.db";
  {
    auto journal = SqliteJournal::open({.path = path}).value();
    Workload load(3);
    for (int i = 0; i < 50; ++i) {
      const auto facts = load.turn();
      ASSERT_TRUE(journal->append(journal->head(), facts, load.state.digest.value()));
    }
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) - 4096));
    file << std::string(4096, '\xee');
  }
  const auto report = backup(path, out, engine_apply());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::corrupt);
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_FALSE(std::filesystem::exists(out + ".partial"));
}

TEST(Backup, AndJournalAreReadByTheirOwnerAlone) {
  const Scratch folder;
  const std::string path = folder / "j.db", out = folder / "copy.db";
  auto journal = SqliteJournal::open({.path = path}).value();
  ASSERT_TRUE(backup(path, out, engine_apply()));
  for (const std::string& file : {path, path + "-wal", out}) {
    struct stat found {};
    ASSERT_EQ(::stat(file.c_str(), &found), 0) << file;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << file;
  }
}

}  // namespace
}  // namespace subnetd::journal
