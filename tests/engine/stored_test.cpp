// SPDX-License-Identifier: 0BSD
// Facts from a disk: those that were decided are taken, and whatever else those bytes may have
// become is refused before it can break anything.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "domain/limits.hpp"
#include "engine/subnet.hpp"

namespace subnetd::engine {
namespace {

using namespace testing;

// Two validators, a matched miner with an open request, and a closed epoch.
Subnet busy() {
  Subnet subnet;
  subnet.validator("v1", 1);
  subnet.validator("v2");
  subnet.match(subnet.miner("m1"), 0);
  subnet.miner("m2", "embedding");
  subnet.score("m1", 400'000);
  subnet.ask("m1");
  subnet.give(CloseEpoch{}).value();
  subnet.give(subnet.delegation("v1", "v2")).value();
  return subnet;
}

TEST(StoredFacts, ThatWereDecidedAreTaken) {
  Subnet subnet = busy();
  subnet.remove(Role::validator, "v2").value();
  State again;
  for (const Fact& fact : subnet.facts) {
    const auto taken = apply_stored(again, fact);
    ASSERT_TRUE(taken) << fact.body.index() << ": " << taken.error().message;
  }
  EXPECT_EQ(content_hash(again), content_hash(subnet.state));
}

NodePut put(const Subnet& subnet, Role role, std::uint32_t slot) {
  NodePut out;
  out.role = role;
  out.slot = slot;
  out.fresh = false;
  const bool miner = role == Role::miner;
  out.uid = miner ? subnet.state.miners[slot].uid : subnet.state.validators[slot].uid;
  out.record = miner ? subnet.state.miner_record(slot) : subnet.state.validators[slot].record;
  out.model_type = "chat";
  return out;
}

template <class Change>
NodePut changed(NodePut out, Change change) {
  change(out);
  return out;
}

std::vector<Fact> damaged(const Subnet& subnet) {
  constexpr std::uint32_t far = 4'000'000'000u;
  const std::uint64_t open = subnet.state.open.begin()->first;
  const auto scored = VerdictOutcome::scored;
  const NodePut miner = put(subnet, Role::miner, 0), validator = put(subnet, Role::validator, 0);
  Settings settings = plain_settings();
  settings.interval_ms = 0;
  EpochEmitted short_column{.epoch = 1};
  short_column.uid = {1};
  std::vector<Fact> out;
  const auto add = [&](auto body) { out.push_back({subnet.now_ms(), std::move(body)}); };
  add(Started{subnet.state.boot + 1, settings, {}});
  add(Started{subnet.state.boot + 2, plain_settings(), {}});
  add(changed(miner, [](NodePut& f) { f.role = Role::none; }));
  add(changed(miner, [](NodePut& f) { f.slot = far; }));
  add(changed(miner, [](NodePut& f) { f.slot = 1; }));
  add(changed(miner, [](NodePut& f) { f.uid = far; }));
  add(changed(miner, [](NodePut& f) { f.record.id = "m3"; }));
  add(changed(miner, [](NodePut& f) { f.record.protocol = "modulf"; }));
  add(changed(miner, [](NodePut& f) { f.record.task.assign(512, 'x'); }));
  add(changed(miner, [](NodePut& f) { f.model_type = "chau"; }));
  add(changed(miner, [](NodePut& f) { f.slot = 2; f.fresh = true; }));
  add(changed(validator, [](NodePut& f) { f.record.id = "v3"; }));
  add(changed(validator, [](NodePut& f) { f.record.specializations = {"chau"}; }));
  add(changed(validator, [](NodePut& f) { f.fee_bp = limits::fee_bp_max + 1; }));
  add(changed(validator, [](NodePut& f) { f.parent = f.slot; }));
  add(changed(validator, [](NodePut& f) { f.parent = far; }));
  add(changed(miner, [](NodePut& f) { f.parent = 0; }));
  add(changed(put(subnet, Role::validator, 1), [](NodePut& f) { f.parent = 0; }));  // a circle
  add(NodeRemoved{Role::miner, far});
  add(NodeRemoved{Role::validator, 2});
  add(StatusSet{Role::none, 0, Status::active, StatusReason::none});
  add(StatusSet{Role::miner, 2, Status::active, StatusReason::none});
  add(MappingPut{"a*", "chau"});
  add(MappingRemoved{"b*"});
  add(Retyped{far, "chat", 1, ""});
  add(Retyped{0, "chau", 1, ""});
  add(Matched{{{far, 0, 0, {}}}});
  add(Matched{{{1, 1, 0, {}}}});
  add(Matched{{{1, 0, far, {}}}});
  add(Matched{{{1, 0, none, UnmatchedReason{99}}}});
  add(Matched{{{1, 0, 0, {}}}});  // v1 is full
  add(Due{-1, {}});
  add(Owed{far, {}});
  add(engine::Verdict{open, far, 0, scored, 1, none});
  add(engine::Verdict{open, 1, 0, scored, 1, none});
  add(engine::Verdict{open, 0, 1, scored, 1, none});
  add(engine::Verdict{open, 0, 0, scored, ppm_one + 1, none});
  add(engine::Verdict{open, 0, 0, VerdictOutcome::validator_failed, 0, far - 1});
  add(engine::Verdict{open + 9, 0, 0, scored, 1, none});
  add(engine::Verdict{open, 0, 0, VerdictOutcome::carried, 1, none});
  add(EpochClosed{7, 0, {}});
  add(EpochEmitted{.epoch = 7});
  add(std::move(short_column));
  add(EpochHeld{7, ""});
  out.push_back({subnet.now_ms() - 1, Rebalancing{}});
  out.push_back({std::int64_t{1} << 62, Rebalancing{}});
  return out;
}

TEST(StoredFacts, ThatWouldBreakTheStateAreRefusedAndChangeNothing) {
  const Subnet subnet = busy();
  const std::uint64_t before = content_hash(subnet.state);
  State state = subnet.state;
  std::size_t n = 0;
  for (const Fact& fact : damaged(subnet)) {
    const auto taken = apply_stored(state, fact);
    ASSERT_FALSE(taken) << "damaged fact " << n << " of kind " << fact.body.index();
    EXPECT_EQ(taken.error().code, Errc::corrupt);
    EXPECT_FALSE(taken.error().message.empty());
    ASSERT_EQ(content_hash(state), before) << n;
    ++n;
  }
}

TEST(StoredFacts, BeginWithAStart) {
  State state;
  EXPECT_FALSE(apply_stored(state, {1, Due{1, {}}}));
  EXPECT_TRUE(apply_stored(state, {1, Started{1, plain_settings(), {}}}));
}

TEST(Invariants, SayWhichOneIsBroken) {
  const auto tell = [](const char* what) {
    [[maybe_unused]] const auto n = ::write(STDERR_FILENO, what, std::strlen(what));
  };
  on_broken(tell);
  EXPECT_DEATH(SUBNETD_INVARIANT(1 + 1 == 3), "1 \\+ 1 == 3");
  on_broken(nullptr);
}

}  // namespace
}  // namespace subnetd::engine
