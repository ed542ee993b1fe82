// SPDX-License-Identifier: 0BSD
// What was acknowledged survives power loss and broken writes, once; what was under way is there
// whole or not at all.
#include <gtest/gtest.h>

#include <map>

#include "journal/forgetful_vfs.hpp"
#include "journal/scratch.hpp"
#include "journal/snapshot_codec.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/workload.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::Fact;
using engine::State;

// A journal on the disk above, and the memory of what was appended and acknowledged.
class Machine {
 public:
  SqliteOptions options() const {
    return {.path = path,
            .keep = 200,
            .vfs = disk.name(),
            .wal_passive_bytes = 200'000,
            .wal_truncate_bytes = 400'000};
  }

  // Appends turns until told to stop or the disk fails. Every fourth keeps house as well.
  void run(SqliteJournal& journal, Workload& load, int turns) {
    for (int i = 0; i < turns; ++i) {
      const std::uint64_t before = journal.head();
      const std::vector<Fact> facts = load.turn();
      log.resize(before);
      log.insert(log.end(), facts.begin(), facts.end());
      hash_at[load.state.facts] = content_hash(load.state);
      if (!journal.append(before, facts, load.state.digest.value())) return;
      acknowledged = load.state.facts;
      if (i % 6 == 5) journal.offer_snapshot(encode_snapshot(load.state));
      for (int steps = 0; steps < 3; ++steps) {
        if (!journal.maintain()) return;
      }
    }
  }

  // Empty when all is well.
  std::string verdict_on(SqliteJournal& journal, const Restored& restored) {
    const std::uint64_t head = journal.head();
    if (head < acknowledged) {
      return "lost: acknowledged " + std::to_string(acknowledged) + ", found " +
             std::to_string(head);
    }
    if (!hash_at.contains(head) && head != 0) return "the head is inside a turn";
    if (head != restored.state.facts) return "the head and the state differ";
    if (head != 0 && hash_at[head] != content_hash(restored.state)) return "another state";
    std::string wrong;
    const auto head_of_snapshot = journal.snapshot_head();
    if (!head_of_snapshot) return head_of_snapshot.error().message;
    const std::uint64_t from = *head_of_snapshot ? (*head_of_snapshot)->seq : 0;
    const auto read = journal.read(from, [&](const Turn& turn) -> Result<void> {
      for (std::size_t i = 0; i < turn.facts.size(); ++i) {
        if (log[turn.seq_first - 1 + i] != turn.facts[i]) wrong = "another fact";
      }
      return {};
    });
    return read ? wrong : read.error().message;
  }

  const Scratch folder;
  const std::string path = folder / "j.db";
  ForgetfulDisk disk;
  std::vector<Fact> log;
  std::map<std::uint64_t, std::uint64_t> hash_at;
  std::uint64_t acknowledged = 0;
};

// The first finding over `rounds` losses of power, or nothing.
std::string lose_power_often(Machine& machine, int rounds) {
  std::mt19937_64 random(42);
  std::uint64_t lost_turns = 0, kept_turns = 0;
  for (int round = 0; round < rounds; ++round) {
    machine.disk.power_off_after(1 + random() % 400);
    const bool opens = [&] {
      auto journal = SqliteJournal::open(machine.options());
      if (!journal) return machine.disk.off();
      auto restored = restore(**journal, engine_apply());
      if (!restored) return machine.disk.off();
      Workload load = restored->state.facts == 0 ? Workload(7)
                                                 : Workload(round, std::move(restored->state));
      machine.run(**journal, load, 400);
      return true;
    }();
    if (!opens) return "the journal does not open";
    machine.disk.power_off_after(0);
    machine.disk.lose_power(random());
    auto journal = SqliteJournal::open(machine.options());
    if (!journal) return "after the loss: " + journal.error().message;
    auto restored = restore(**journal, engine_apply());
    if (!restored) return "after the loss: " + restored.error().message;
    const std::string wrong = machine.verdict_on(**journal, *restored);
    if (!wrong.empty()) return "round " + std::to_string(round) + ": " + wrong;
    ((*journal)->head() > machine.acknowledged ? kept_turns : lost_turns) += 1;
    machine.acknowledged = (*journal)->head();
  }
  ::testing::Test::RecordProperty("facts", static_cast<int>(machine.acknowledged));
  ::testing::Test::RecordProperty("turns_under_way_kept", static_cast<int>(kept_turns));
  return machine.acknowledged < 2'000 ? "too little was written to prove anything" : "";
}

TEST(PowerLoss, AHundredTimesLosesAndDoublesNothingAcknowledged) {
  Machine machine;
  EXPECT_EQ(lose_power_often(machine, 100), "");
  EXPECT_GT(machine.disk.log_syncs(), 1'000u);
}

TEST(PowerLoss, LosesAcknowledgedFactsWhenTheLogIsNotSynced) {
  Machine machine;
  machine.disk.ignore_log_syncs(true);
  EXPECT_NE(lose_power_often(machine, 100), "");
}

class BrokenDisk : public ::testing::TestWithParam<bool> {};

TEST_P(BrokenDisk, AtAnyWriteOrSyncEndsTheJournalWithoutLosingWhatWasAcknowledged) {
  bool survived = false;
  for (std::uint64_t n = 1; !survived && n < 3'000; n += 1 + n / 100) {
    Machine machine;
    machine.disk.fail_after(n, GetParam());
    {
      auto journal = SqliteJournal::open(machine.options());
      if (journal) {
        Workload load(5);
        machine.run(**journal, load, 40);
        survived = !machine.disk.failed();
        if (!survived) {
          const std::vector<Fact> facts = load.turn();
          const auto again = (*journal)->append((*journal)->head(), facts, 0);
          ASSERT_FALSE(again) << n;
          EXPECT_EQ(again.error().code, Errc::io) << again.error().message;
        }
      } else {
        EXPECT_EQ(journal.error().code, Errc::io) << n << ": " << journal.error().message;
      }
    }
    auto journal = SqliteJournal::open(machine.options());
    ASSERT_TRUE(journal) << n << ": " << journal.error().message;
    auto restored = restore(**journal, engine_apply());
    ASSERT_TRUE(restored) << n << ": " << restored.error().message;
    EXPECT_EQ(machine.verdict_on(**journal, *restored), "") << n;
  }
  EXPECT_TRUE(survived);
}
INSTANTIATE_TEST_SUITE_P(FullOrBroken, BrokenDisk, ::testing::Bool());

}  // namespace
}  // namespace subnetd::journal
