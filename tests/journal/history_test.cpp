// SPDX-License-Identifier: 0BSD
#include "journal/history.hpp"

#include <gtest/gtest.h>

#include "journal/samples.hpp"
#include "journal/scratch.hpp"
#include "journal/sqlite_journal.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::Fact;
using engine::none;

class HistoryTest : public ::testing::Test {
 protected:
  // Time goes on by a second a fact.
  template <class Body>
  std::uint64_t add(Body body) {
    turn_.push_back({1'000'000 + 1'000 * static_cast<std::int64_t>(seq_), std::move(body)});
    return ++seq_;
  }
  void flush() {
    const auto done = journal->append(journal->head(), turn_, 0);
    if (!done) ADD_FAILURE() << done.error().message;
    turn_.clear();
  }
  std::uint64_t node(Role role, std::uint32_t slot, const std::string& id, bool fresh = true) {
    engine::NodePut put;
    put.role = role;
    put.slot = slot;
    put.fresh = fresh;
    put.record.id = id;
    put.model_type = role == Role::miner ? "chat" : "";
    return add(put);
  }
  std::uint64_t verdict(std::uint32_t miner, std::uint32_t validator, Ppm score) {
    return add(engine::Verdict{100 + seq_, miner, validator, VerdictOutcome::scored, score, none});
  }
  std::unique_ptr<History> history() {
    flush();
    auto out = History::open(path);
    if (!out) ADD_FAILURE() << out.error().message;
    return std::move(*out);
  }

  const Scratch folder;
  const std::string path = folder / "j.db";
  std::unique_ptr<SqliteJournal> journal = SqliteJournal::open({.path = path}).value();

 private:
  std::vector<Fact> turn_;
  std::uint64_t seq_ = 0;
};

TEST_F(HistoryTest, NamesSlotsByTheIdsTheyHadAtTheTime) {
  node(Role::miner, 0, "old");
  node(Role::validator, 0, "v");
  verdict(0, 0, 1);
  add(engine::NodeRemoved{Role::miner, 0});
  flush();
  node(Role::miner, 0, "new");
  verdict(0, none, 2);
  const auto page = history()->validations("", 0, {}, 10).value();
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].miner, "new");
  EXPECT_EQ(page.items[0].validator, "@agent");
  EXPECT_EQ(page.items[1].miner, "old");
  EXPECT_EQ(page.items[1].validator, "v");
  EXPECT_EQ(page.items[1].score_ppm, 1u);
  EXPECT_EQ(page.items[1].at_ms, 1'002'000);
  EXPECT_EQ(page.items[1].request, 102u);
  EXPECT_FALSE(page.next);
}

TEST_F(HistoryTest, ListsTheValidationsOfOneMinerByPagesNewestFirst) {
  node(Role::miner, 0, "a");
  node(Role::miner, 1, "b");
  node(Role::validator, 0, "v");
  for (Ppm i = 0; i < 20; ++i) verdict(i % 2, 0, i);
  auto reader = history();
  std::vector<Ppm> seen;
  std::optional<std::uint64_t> before;
  do {
    const auto page = reader->validations("b", 0, before, 3).value();
    EXPECT_LE(page.items.size(), 3u);
    for (const auto& item : page.items) {
      EXPECT_EQ(item.miner, "b");
      seen.push_back(item.score_ppm);
    }
    before = page.next;
  } while (before);
  EXPECT_EQ(seen, (std::vector<Ppm>{19, 17, 15, 13, 11, 9, 7, 5, 3, 1}));
}

TEST_F(HistoryTest, LeavesOutValidationsBeforeSince) {
  node(Role::miner, 0, "a");
  node(Role::validator, 0, "v");
  flush();
  for (Ppm i = 0; i < 10; ++i) {
    verdict(0, 0, i);
    if (i % 3 == 0) flush();
  }
  auto reader = history();
  for (std::int64_t since = 1'000'000; since < 1'014'000; since += 500) {
    const auto page = reader->validations("a", since, {}, 100).value();
    std::size_t expected = 0;
    for (Ppm i = 0; i < 10; ++i) expected += 1'002'000 + 1'000 * i >= since ? 1 : 0;
    EXPECT_EQ(page.items.size(), expected) << since;
  }
}

TEST_F(HistoryTest, SaysWhenNobodyHadThatId) {
  node(Role::miner, 0, "a");
  auto reader = history();
  EXPECT_EQ(reader->validations("b", 0, {}, 1).error().code, Errc::not_found);
  EXPECT_EQ(reader->timeline("b", {}, 1).error().code, Errc::not_found);
  EXPECT_EQ(reader->epoch(1, 0, 1).error().code, Errc::not_found);
}

TEST_F(HistoryTest, ShowsAnEpochHeldThenEmittedWithItsRows) {
  for (std::uint32_t i = 0; i < 70; ++i) node(Role::miner, i, "m" + std::to_string(i));
  for (std::uint32_t i = 0; i < 70; ++i) node(Role::validator, i, "v" + std::to_string(i));
  add(engine::EpochClosed{41, 7, sample_seed()});
  add(engine::EpochHeld{41, "out of order"});
  {
    const auto held = history()->epoch(41, 0, 10).value();
    EXPECT_TRUE(held.epoch.held);
    EXPECT_EQ(held.epoch.held_reason, "out of order");
    EXPECT_TRUE(held.rows.items.empty());
  }
  add(engine::EpochClosed{41, 7, sample_seed()});
  EXPECT_FALSE(history()->epoch(41, 0, 10).value().epoch.held) << "it is asked again";
  add(engine::EpochHeld{41, "out of order"});
  const engine::EpochEmitted paid = sample_emitted(5'000);
  add(paid);
  add(engine::NodeRemoved{Role::miner, 3});
  node(Role::miner, 3, "later");
  auto reader = history();
  const auto list = reader->epochs({}, 10).value();
  ASSERT_EQ(list.items.size(), 1u);
  EXPECT_TRUE(list.items[0].emitted);
  EXPECT_FALSE(list.items[0].held);
  EXPECT_EQ(list.items[0].unallocated_nano, paid.unallocated_nano);
  EXPECT_EQ(list.items[0].block, 7u);
  const auto detail = reader->epoch(41, 2, 10).value();
  ASSERT_EQ(detail.rows.items.size(), 10u);
  EXPECT_EQ(detail.rows.next, 12u);
  EXPECT_EQ(detail.rows.items[0].id, "m2");
  EXPECT_EQ(detail.rows.items[1].id, "v3");
  EXPECT_EQ(detail.rows.items[1].node.amount_nano, paid.amount_nano[3]);
  EXPECT_EQ(detail.rows.items[1].node.score_sum_ppm, paid.score_sum_ppm[3]);
  EXPECT_FALSE(reader->epoch(41, 4'995, 10).value().rows.next);
}

TEST_F(HistoryTest, PagesThroughEpochs) {
  for (std::uint64_t e = 1; e <= 7; ++e) add(engine::EpochClosed{e, e, {}});
  auto reader = history();
  const auto first = reader->epochs({}, 4).value();
  ASSERT_EQ(first.items.size(), 4u);
  EXPECT_EQ(first.items[0].epoch, 7u);
  const auto rest = reader->epochs(first.next, 4).value();
  ASSERT_EQ(rest.items.size(), 3u);
  EXPECT_EQ(rest.items[2].epoch, 1u);
  EXPECT_FALSE(rest.next);
}

TEST_F(HistoryTest, TellsTheLifeOfAnIdOverAllItsStays) {
  node(Role::miner, 4, "m");
  node(Role::miner, 4, "m", false);
  add(engine::StatusSet{Role::miner, 4, Status::flagged, StatusReason::low_score});
  add(engine::Retyped{4, "embedding", 1, "mapping"});
  add(engine::NodeRemoved{Role::miner, 4});
  node(Role::miner, 4, "another");
  node(Role::validator, 9, "m");
  auto reader = history();
  std::vector<std::string> what;
  std::optional<std::uint64_t> before;
  do {
    const auto page = reader->timeline("m", before, 2).value();
    for (const auto& item : page.items) what.push_back(item.what);
    before = page.next;
  } while (before);
  EXPECT_EQ(what, (std::vector<std::string>{"registered", "removed", "retyped", "status", "changed",
                                            "registered"}));
}

TEST_F(HistoryTest, ReadsBesideAWriter) {
  node(Role::miner, 0, "a");
  auto reader = history();
  for (int i = 0; i < 5; ++i) {
    verdict(0, none, 1);
    flush();
    EXPECT_EQ(reader->validations("a", 0, {}, 100).value().items.size(), i + 1u);
  }
}

}  // namespace
}  // namespace subnetd::journal
