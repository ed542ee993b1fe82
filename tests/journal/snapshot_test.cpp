// SPDX-License-Identifier: 0BSD
#include "journal/snapshot_codec.hpp"

#include <gtest/gtest.h>

#include "journal/columns.hpp"
#include "journal/scratch.hpp"
#include "journal/sqlite_journal.hpp"
#include "journal/vector_file.hpp"
#include "journal/workload.hpp"

namespace subnetd::journal {
namespace {

using namespace testing;
using engine::State;

NextPart parts_of(const std::vector<std::string>& parts) {
  return [&parts](std::uint64_t part) -> Result<std::string> { return parts.at(part); };
}

Result<State> loaded(const Snapshot& snapshot) {
  return decode_snapshot(snapshot.parts.size(), parts_of(snapshot.parts));
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Snapshots : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Snapshots, LoadAsTheStateThatWasSavedAndBehaveAlikeAfterwards) {
  Workload load(GetParam(), 1 + GetParam() % 3);
  for (int i = 0; i < 150; ++i) (void)load.turn();
  const Snapshot snapshot = encode_snapshot(load.state);
  EXPECT_EQ(snapshot.seq, load.state.facts);
  auto state = loaded(snapshot);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(content_hash(*state), content_hash(load.state));
  EXPECT_EQ(state->digest.value(), load.state.digest.value());
  EXPECT_EQ(encode_snapshot(*state).parts, snapshot.parts);
  const Apply apply = engine_apply();
  for (int i = 0; i < 60; ++i) {
    for (const engine::Fact& fact : load.turn()) ASSERT_TRUE(apply(*state, fact));
  }
  EXPECT_EQ(content_hash(*state), content_hash(load.state));
  EXPECT_EQ(encode_snapshot(*state).parts, encode_snapshot(load.state).parts);
  for (std::uint32_t m = 0; m < state->miners.size(); ++m) {
    const bool alive = state->miner_alive(m);
    EXPECT_EQ(alive ? state->find_miner(state->miner_id(m)) : m, m);
    const auto& order = state->columns.order;
    ASSERT_FALSE(order.empty()) << "some have a slot that somebody had before them";
    EXPECT_EQ(order[m], alive ? state->miners[m].order : 0);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Snapshots, ::testing::Range(1u, 13u));

TEST(Snapshot, OfAnEmptyStateLoads) {
  const State empty;
  const auto state = loaded(encode_snapshot(empty));
  ASSERT_TRUE(state);
  EXPECT_EQ(content_hash(*state), content_hash(empty));
}

// Written by subnetd 0.1.0 from Workload(5, 2) after 40 turns.
TEST(Snapshot, OfTheFirstVersionStillLoads) {
  const std::string hex =
      read_file(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/snapshots/v1.hex");
  const auto state = loaded({433, 0, {from_hex(hex.substr(0, hex.find('\n')))}});
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->facts, 433u);
  EXPECT_EQ(state->digest.value(), 11'520'892'096'197'215'126u);
  EXPECT_EQ(state->settings.tempo, 0u);
  EXPECT_TRUE(state->step.order.empty());
  EXPECT_TRUE(state->signed_writes.empty());
  const auto again = loaded(encode_snapshot(*state));
  ASSERT_TRUE(again);
  EXPECT_EQ(content_hash(*again), content_hash(*state));
}

// Written by subnetd 0.1.0 from Workload(5, 2) after 40 turns, before validators could delegate.
TEST(Snapshot, OfTheSecondVersionStillLoads) {
  const std::string hex =
      read_file(std::string(SUBNETD_SOURCE_DIR) + "/tests/vectors/snapshots/v2.hex");
  const auto state = loaded({429, 0, {from_hex(hex.substr(0, hex.find('\n')))}});
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->digest.value(), 5'809'946'091'731'329'107u);
  EXPECT_EQ(content_hash(*state), 6'157'001'177'411'255'455u);
  for (std::uint32_t v = 0; v < state->validators.size(); ++v) {
    EXPECT_EQ(state->parent_of(v), engine::none);
  }
}

TEST(Snapshot, OfALaterVersionIsRefusedNamingBoth) {
  std::string raw;
  Snapshot snapshot = encode_snapshot(State{});
  ASSERT_TRUE(decompress(snapshot.parts[0], packed_bytes(snapshot.parts[0]), raw));
  raw[8] = 9;
  snapshot.parts[0] = compress(raw);
  const auto state = loaded(snapshot);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, Errc::config);
  EXPECT_NE(state.error().message.find("version 9"), std::string::npos) << state.error().message;
  EXPECT_NE(state.error().message.find("version 3"), std::string::npos) << state.error().message;
}

TEST(Snapshot, RemembersSignedWrites) {
  State state;
  state.signed_writes = {{-5, 3}, {1'700'000'000'000, ~0ull}};
  const auto back = loaded(encode_snapshot(state));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->signed_writes, state.signed_writes);
}

TEST(Snapshot, ThatWasCutOrChangedIsRefused) {
  Workload load(5);
  for (int i = 0; i < 50; ++i) (void)load.turn();
  const Snapshot whole = encode_snapshot(load.state);
  std::string raw;
  ASSERT_EQ(whole.parts.size(), 1u);
  ASSERT_TRUE(decompress(whole.parts[0], packed_bytes(whole.parts[0]), raw));
  for (std::size_t end = 0; end < raw.size(); end += 1 + raw.size() / 200) {
    const auto state = loaded({whole.seq, whole.digest, {compress(raw.substr(0, end))}, 0});
    ASSERT_FALSE(state) << end;
    EXPECT_EQ(state.error().code, Errc::corrupt);
  }
  Snapshot changed = whole;
  changed.parts[0][changed.parts[0].size() / 2] ^= 1;
  EXPECT_FALSE(loaded(changed));
  EXPECT_FALSE(decode_snapshot(0, parts_of({})));
}

class Stored : public ::testing::Test {
 protected:
  void write(int turns) {
    for (int i = 0; i < turns; ++i) {
      const std::uint64_t before = journal->head();
      const auto facts = load.turn();
      ASSERT_TRUE(journal->append(before, facts, load.state.digest.value()));
    }
  }
  void take_snapshot() {
    auto reader = JournalReader::open(path);
    ASSERT_TRUE(reader) << reader.error().message;
    auto snapshot = build_snapshot(**reader, engine_apply());
    ASSERT_TRUE(snapshot) << snapshot.error().message;
    EXPECT_EQ(snapshot->seq, journal->head());
    journal->offer_snapshot(std::move(*snapshot));
    while (journal->maintain().value()) {
    }
  }
  std::int64_t number(const char* sql) {
    auto reader = JournalReader::open(path).value();
    return reader->database().integer(sql).value();
  }

  const Scratch folder;
  const std::string path = folder / "j.db";
  std::unique_ptr<SqliteJournal> journal = SqliteJournal::open({.path = path, .keep = 100}).value();
  Workload load{7};
};

TEST_F(Stored, RestoresFromTheSnapshotAndTheFactsAfterIt) {
  write(60);
  const auto fresh = restore(*journal, engine_apply());
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(fresh->snapshot_seq, 0u);
  EXPECT_EQ(content_hash(fresh->state), content_hash(load.state));
  take_snapshot();
  const std::uint64_t at = journal->head();
  write(10);
  const auto restored = restore(*journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->snapshot_seq, at);
  EXPECT_EQ(restored->facts_replayed, journal->head() - at);
  EXPECT_EQ(content_hash(restored->state), content_hash(load.state));
}

TEST_F(Stored, BuildsEachSnapshotOnTheLastAndKeepsOnlyThatOne) {
  for (int round = 0; round < 4; ++round) {
    write(30);
    take_snapshot();
  }
  EXPECT_EQ(number("SELECT count(*) FROM snapshot"), 1);
  EXPECT_EQ(number("SELECT count(DISTINCT seq) FROM snapshot_part"), 1);
  const auto restored = restore(*journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(content_hash(restored->state), content_hash(load.state));
}

TEST_F(Stored, ForgetsASnapshotOfWhichOnlySomePartsWereStored) {
  write(30);
  Snapshot large = encode_snapshot(load.state);
  large.parts.push_back(large.parts[0]);
  journal->offer_snapshot(large);
  ASSERT_TRUE(journal->maintain().value());
  journal.reset();
  journal = SqliteJournal::open({.path = path}).value();
  EXPECT_FALSE(journal->snapshot_head().value());
  while (journal->maintain().value()) {
  }
  EXPECT_EQ(number("SELECT count(*) FROM snapshot_part"), 0);
}

TEST_F(Stored, RemovesFactsOverKeepOnceASnapshotCoversThem) {
  write(200);
  const std::int64_t all = number("SELECT count(*) FROM verdict");
  ASSERT_GT(all, 300);
  while (journal->maintain().value()) {
  }
  EXPECT_EQ(number("SELECT count(*) FROM verdict"), all);
  take_snapshot();
  EXPECT_LT(number("SELECT count(*) FROM verdict"), 130);
  const std::int64_t kept =
      number("SELECT (SELECT count(*) FROM verdict)+(SELECT count(*) FROM fact WHERE "
             "json_extract(json,'$.k') IN ('due','owed','matched','rebalancing'))");
  EXPECT_GE(kept, 100);
  EXPECT_LT(kept, 130);
  auto reader = JournalReader::open(path).value();
  const auto from_start = replay(*reader, engine_apply(), true);
  ASSERT_FALSE(from_start);
  EXPECT_EQ(from_start.error().code, Errc::not_found);
  write(20);
  const auto restored = restore(*journal, engine_apply());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(content_hash(restored->state), content_hash(load.state));
  take_snapshot();
}

TEST_F(Stored, RefusesAJournalWhoseDigestDiffers) {
  write(20);
  const auto wrong = [](State& state, const engine::Fact& fact) {
    Result<void> applied = engine_apply()(state, fact);
    state.digest.add(1);
    return applied;
  };
  const auto restored = restore(*journal, wrong);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Errc::corrupt);
  EXPECT_NE(restored.error().message.find("digest"), std::string::npos);
}

TEST_F(Stored, ReplaysUpToAFactAndStopsWhenTold) {
  write(40);
  auto reader = JournalReader::open(path).value();
  const auto half = replay(*reader, engine_apply(), true, journal->head() / 2);
  ASSERT_TRUE(half);
  EXPECT_GE(half->state.facts, journal->head() / 2);
  EXPECT_LT(half->state.facts, journal->head());
  const std::atomic<bool> stop{true};
  const auto stopped = build_snapshot(*reader, engine_apply(), UINT64_MAX, &stop);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::timeout);
}

}  // namespace
}  // namespace subnetd::journal
