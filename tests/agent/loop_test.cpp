// SPDX-License-Identifier: 0BSD
// The turn, with a journal that only counts.
#include "agent/loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>

#include "api/events.hpp"

namespace subnetd::agent {
namespace {

class Counting final : public journal::Journal {
 public:
  std::uint64_t head() const override { return head_; }
  Result<void> append(std::uint64_t, std::span<const engine::Fact> facts, std::uint64_t) override {
    head_ += facts.size();
    return {};
  }
  Result<void> read(std::uint64_t, const journal::OnTurn&) override { return {}; }
  Result<std::optional<SnapshotHead>> snapshot_head() override { return std::nullopt; }
  Result<std::string> snapshot_part(const SnapshotHead&, std::uint64_t) override { return ""; }
  void offer_snapshot(journal::Snapshot) override {}
  Result<bool> maintain() override { return false; }

 private:
  std::uint64_t head_ = 0;
};

Arrival write(decltype(engine::Input::body) body) {
  Arrival arrival;
  arrival.input.body = std::move(body);
  return arrival;
}

Arrival registration(const std::string& id) {
  engine::Register in{Role::miner, {}, {}, {}};
  in.record.id = id;
  in.record.name_space = "acme";
  in.record.endpoint = "http://192.0.2.1:8000";
  in.detection.model_type = "chat";
  return write(std::move(in));
}

LoopHooks plain_hooks() {
  LoopHooks hooks;
  hooks.now_ms = [] { return std::int64_t{1'700'000'000'000}; };
  hooks.random_seed = [] { return Challenge{}; };
  hooks.detect = [](const engine::State&, std::span<Arrival> arrivals) { return arrivals.size(); };
  hooks.match = [](const engine::State&, const engine::Effects&) {
    return std::vector<engine::Input>();
  };
  hooks.matched = [](const auto&, auto, const auto&) {};
  hooks.noted = [](const auto&, const auto&) {};
  hooks.committed = [](const auto&, const auto&, auto, auto) {};
  hooks.lost = [](const Error& error) { ADD_FAILURE() << error.message; };
  return hooks;
}

// What a writer was shown, and how often.
struct Shown {
  int times = 0;
  std::string endpoint;
};

Arrival shown_registration(const std::string& id, Shown& shown) {
  Arrival arrival = registration(id);
  arrival.look = [&shown](const engine::State& s, const engine::Answer& answer) {
    ++shown.times;
    const std::uint32_t slot = s.find_miner(answer.id);
    shown.endpoint = slot == engine::none ? "gone" : s.miner_record(slot).endpoint;
  };
  return arrival;
}

// All that is posted before the loop starts is one turn.
TEST(Loop, ShowsANodeToItsWriterAlsoWhenItIsRemovedInTheSameTurn) {
  Counting journal;
  Loop loop(engine::State{}, journal, plain_hooks());
  Shown removed, stays;
  ASSERT_TRUE(loop.post(shown_registration("goes", removed)));
  ASSERT_TRUE(loop.post(shown_registration("stays", stays)));
  std::promise<Result<engine::Answer>> answered;
  Arrival removal = write(engine::Remove{Role::miner, "goes"});
  removal.done = [&](Result<engine::Answer> answer) { answered.set_value(std::move(answer)); };
  ASSERT_TRUE(loop.post(std::move(removal)));
  loop.start(engine::Boot{engine::Settings{}, {"chat"}}, 1'000, {});
  EXPECT_TRUE(answered.get_future().get());
  loop.stop();
  EXPECT_EQ(removed.endpoint, "http://192.0.2.1:8000");
  EXPECT_EQ(removed.times, 1);
  EXPECT_EQ(stays.endpoint, "http://192.0.2.1:8000");
  EXPECT_EQ(stays.times, 1);
}

TEST(Loop, NamesWhoLeftWhenASlotIsFreedAndTakenInOneTurn) {
  Counting journal;
  std::string events;
  std::promise<void> done;
  LoopHooks hooks = plain_hooks();
  hooks.noted = [&](const engine::State& state, const engine::Fact& fact) {
    events += api::sse_event(state, fact);
  };
  std::size_t turns = 0;
  hooks.committed = [&](const auto&, const auto&, std::span<const engine::Fact> facts, auto) {
    if (facts.empty() || ++turns != 1) return;
    EXPECT_EQ(facts.size(), 5u);
    done.set_value();
  };
  Loop loop({}, journal, std::move(hooks));
  // Before the thread starts: these wait together, behind the start itself.
  engine::Update pause{};
  pause.role = Role::miner;
  pause.id = "first";
  pause.status = Status::inactive;
  for (Arrival& arrival : std::array<Arrival, 4>{
           registration("first"), write(std::move(pause)),
           write(engine::Remove{Role::miner, "first"}), registration("second")}) {
    ASSERT_TRUE(loop.post(std::move(arrival)));
  }
  loop.start(engine::Boot{engine::Settings{}, {"chat"}}, 60'000, {});
  done.get_future().wait();
  loop.stop();
  EXPECT_NE(events.find(R"("role":"miner","id":"first","status":"inactive")"), std::string::npos)
      << events;
  const std::size_t left = events.find("event: node_removed\n");
  ASSERT_NE(left, std::string::npos) << events;
  EXPECT_NE(events.find(R"("role":"miner","id":"first"})", left), std::string::npos) << events;
}

}  // namespace
}  // namespace subnetd::agent
