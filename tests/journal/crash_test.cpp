// SPDX-License-Identifier: 0BSD
// A writer process that dies at any moment: by kill -9, and by the loss of its file system. What it
// acknowledged through a pipe is in the journal, once, and replays to the state it had.
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "journal/scratch.hpp"
#include "journal/snapshot_codec.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/workload.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::Fact;

struct Acknowledgement {
  std::uint64_t head = 0;
  std::uint64_t hash = 0;
};

constexpr std::uint64_t keep_all = 1'000'000'000;

SqliteOptions options_of(const std::string& path) {
  return {.path = path,
          .keep = keep_all,
          .wal_passive_bytes = 300'000,
          .wal_truncate_bytes = 600'000};
}

// Writes until it is killed; exit codes tell what went wrong instead.
[[noreturn]] void write_for_ever(const std::string& path, std::uint64_t seed, int pipe) {
  auto journal = SqliteJournal::open(options_of(path));
  if (!journal) ::_exit(10);
  auto restored = restore(**journal, engine_apply());
  if (!restored) ::_exit(11);
  Workload load = restored->state.facts == 0 ? Workload(seed)
                                             : Workload(seed, std::move(restored->state));
  for (int turn = 1;; ++turn) {
    const std::vector<Fact> facts = load.turn();
    if (!(*journal)->append((*journal)->head(), facts, load.state.digest.value())) ::_exit(12);
    const Acknowledgement done{load.state.facts, content_hash(load.state)};
    if (::write(pipe, &done, sizeof done) != sizeof done) ::_exit(13);
    if (turn % 20 == 0) (*journal)->offer_snapshot(encode_snapshot(load.state));
    if (!(*journal)->maintain()) ::_exit(14);
  }
}

class Writer {
 public:
  Writer(const std::string& path, std::uint64_t seed) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends[0]);
      write_for_ever(path, seed, ends[1]);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~Writer() {
    if (child_ > 0) (void)kill();
    if (pipe_ >= 0) ::close(pipe_);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Reads up to `more` acknowledgements, fewer when the writer ends.
  void wait_for(std::uint64_t more) {
    Acknowledgement next;
    while (more-- > 0 && ::read(pipe_, &next, sizeof next) == sizeof next) last_ = next;
  }
  // The last acknowledgement read so far.
  const std::optional<Acknowledgement>& last() const { return last_; }
  // Ends it and reads what it still sent: the last acknowledgement ever.
  std::optional<Acknowledgement> kill() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, &status_, 0);
    child_ = -1;
    wait_for(UINT64_MAX);
    return last_;
  }
  int status() const { return status_; }

 private:
  pid_t child_ = -1;
  int pipe_ = -1;
  int status_ = 0;
  std::optional<Acknowledgement> last_;
};

// Checks what a dead writer left against what it last acknowledged.
void check_left(const std::string& path, const Acknowledgement& last, std::uint64_t& head) {
  auto journal = SqliteJournal::open(options_of(path));
  ASSERT_TRUE(journal) << journal.error().message;
  const auto restored = restore(**journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  head = (*journal)->head();
  ASSERT_GE(head, last.head) << "an acknowledged turn was lost";
  EXPECT_EQ(restored->state.facts, head);
  const bool exact = head == last.head;
  EXPECT_EQ(exact ? content_hash(restored->state) : last.hash, last.hash);
}

// Every fact once, from the first, to the acknowledged state.
void check_whole(const std::string& path, const Acknowledgement& last) {
  auto reader = JournalReader::open(path);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto replayed = replay(**reader, engine_apply(), true, last.head);
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_EQ(replayed->state.facts, last.head);
  EXPECT_EQ(content_hash(replayed->state), last.hash);
  Database& db = (*reader)->database();
  const auto stored =
      db.integer("SELECT (SELECT count(*) FROM fact)+(SELECT count(*) FROM verdict)");
  EXPECT_EQ(static_cast<std::uint64_t>(*stored), (*reader)->head().value());
}

TEST(Crash, AHundredKillsLoseAndDoubleNothingAcknowledged) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  std::mt19937_64 random(1);
  Acknowledgement last;
  std::uint64_t head = 0;
  for (std::uint64_t round = 0; round < 100; ++round) {
    Writer writer(path, round);
    writer.wait_for(1 + random() % 30);
    const auto sent = writer.kill();
    ASSERT_TRUE(sent) << "round " << round << ": the writer wrote nothing, status "
                      << writer.status();
    ASSERT_TRUE(WIFSIGNALED(writer.status())) << "exit code " << WEXITSTATUS(writer.status());
    ASSERT_GT(sent->head, head);
    last = *sent;
    ASSERT_NO_FATAL_FAILURE(check_left(path, last, head)) << "round " << round;
  }
  check_whole(path, last);
  ::testing::Test::RecordProperty("facts", static_cast<int>(head));
}

TEST(Crash, AKilledWriterLeavesNoLockBehind) {
  const Scratch folder;
  const std::string path = folder / "j.db";
  Writer writer(path, 1);
  writer.wait_for(1);
  EXPECT_EQ(SqliteJournal::open(options_of(path)).error().code, Errc::config);
  writer.kill();
  EXPECT_TRUE(SqliteJournal::open(options_of(path)));
}

// An ext4 in a file, in a mount namespace of this process, that can be shut down under its writer.
class Ext4 {
 public:
  // Why it cannot be used here; empty: it is mounted.
  std::string set_up(const Scratch& folder) {
    image_ = folder / "disk.img";
    mount_ = folder / "mount";
    if (::geteuid() != 0) return "needs root";
    if (::unshare(CLONE_NEWNS) != 0) return "needs a mount namespace of its own";
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return "cannot make mounts private";
    }
    std::filesystem::create_directory(mount_);
    if (!run("truncate -s 64M " + image_)) return "cannot make a disk image";
    if (!run("PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -F " + image_)) return "mkfs.ext4 is missing";
    return attach() ? "" : "loop devices do not work here";
  }
  bool attach() { return run("mount -o loop " + image_ + " " + mount_); }
  bool detach() { return run("umount " + mount_); }
  // As power loss: nothing more reaches the disk, the file system's own log included.
  bool shut_down() {
    constexpr std::uint32_t no_log_flush = 2;
    std::uint32_t flags = no_log_flush;
    const int fd = ::open(mount_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int code = ::ioctl(fd, _IOR('X', 125, std::uint32_t), &flags);
    ::close(fd);
    return code == 0;
  }
  std::string journal() const { return mount_ + "/j.db"; }

 private:
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }
  std::string image_, mount_;
};

TEST(Crash, ShuttingDownTheFileSystemLosesNothingAcknowledged) {
  const Scratch folder;
  Ext4 disk;
  if (const std::string why = disk.set_up(folder); !why.empty()) GTEST_SKIP() << why;
  std::mt19937_64 random(2);
  Acknowledgement last;
  std::uint64_t head = 0;
  for (std::uint64_t round = 0; round < 20; ++round) {
    {
      Writer writer(disk.journal(), round);
      writer.wait_for(1 + random() % 30);
      // A sync that is under way while ext4 goes down may be told that it succeeded; what counts is
      // what was acknowledged before.
      const auto before = writer.last();
      const bool down = disk.shut_down();
      (void)writer.kill();
      if (!down) {
        (void)disk.detach();
        GTEST_SKIP() << "this kernel does not shut ext4 down";
      }
      ASSERT_TRUE(before) << "round " << round << ": the writer wrote nothing";
      last = *before;
    }
    ASSERT_TRUE(disk.detach());
    ASSERT_TRUE(disk.attach());
    ASSERT_NO_FATAL_FAILURE(check_left(disk.journal(), last, head)) << "round " << round;
  }
  check_whole(disk.journal(), last);
  EXPECT_TRUE(disk.detach());
}

}  // namespace
}  // namespace subnetd::journal
