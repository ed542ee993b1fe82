// SPDX-License-Identifier: 0BSD
// Turns of the real engine from a seed: nodes come, change and leave, are matched and validated,
// epochs close and are emitted. The same seed and length give the same facts.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "journal/replay.hpp"

namespace subnetd::journal::testing {

inline Apply engine_apply() {
  return engine::apply_stored;
}

class Workload {
 public:
  explicit Workload(std::uint64_t seed, std::uint32_t redundancy = 1) : random_(seed) {
    engine::Boot boot;
    boot.settings.redundancy = redundancy;
    boot.settings.interval_ms = 10'000;
    boot.settings.budget_nano = 1'000'000;
    boot.types = {"chat", "embedding"};
    input(std::move(boot));
    for (int i = 0; i < 4; ++i) add_validator();
  }
  // Goes on from a State that was restored.
  Workload(std::uint64_t seed, engine::State from) : state(std::move(from)), random_(seed) {
    now_ms_ = state.now_ms;
  }

  // The facts of one turn, already applied to `state`.
  std::vector<engine::Fact> turn(int inputs = 12) {
    for (int i = 0; i < inputs; ++i) one_input();
    return std::exchange(facts_, {});
  }

  engine::State state;

 private:
  std::uint32_t below(std::size_t end) { return static_cast<std::uint32_t>(random_() % end); }

  Challenge seed() {
    Challenge out{};
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
    return out;
  }

  void input(decltype(engine::Input::body) body) {
    now_ms_ += below(700);
    engine::Decision decision = engine::decide(state, {now_ms_, std::move(body)});
    engine::Effects effects;
    for (engine::Fact& fact : decision.facts) {
      engine::apply(state, fact, effects);
      facts_.push_back(std::move(fact));
    }
  }

  void add_validator() {
    NodeRecord record;
    record.id = "v" + std::to_string(random_() % 100'000);
    record.endpoint = "http://192.0.2.7:9000";
    record.specializations = {below(2) == 0 ? "*" : "chat"};
    record.capacity = 20 + below(50);
    input(engine::Register{Role::validator, record, {}, {}});
  }

  void delegate() {
    engine::Update in;
    in.role = Role::validator;
    in.id = state.validators[below(state.validators.size())].record.id;
    in.parent = state.validators[below(state.validators.size())].record.id;
    in.fee_bp = static_cast<std::uint16_t>(below(10'001));
    input(std::move(in));
  }

  void add_miner() {
    NodeRecord record;
    record.id = "m" + std::to_string(random_() % 100'000);
    record.name_space = below(3) == 0 ? "model.größe" : "model.openai.gpt";
    record.endpoint = "http://192.0.2." + std::to_string(below(255)) + ":8000";
    record.region = below(2) == 0 ? "eu" : "";
    if (below(3) == 0) record.key = "key" + std::to_string(below(9));
    engine::Register in{Role::miner, record, {}, {}};
    in.detection.model_type = below(3) == 0 ? "embedding" : "chat";
    in.detection.confidence_ppm = below(1'000'001);
    in.detection.detector = "test/detector";
    if (below(4) == 0) in.idempotency = engine::Idempotency{random_(), random_()};
    input(in);
  }

  std::string any_miner() {
    for (int tries = 0; tries < 8 && !state.miners.empty(); ++tries) {
      const std::uint32_t slot = below(state.miners.size());
      if (state.miner_alive(slot)) return std::string(state.miner_id(slot));
    }
    return "nobody";
  }

  void match() {
    engine::MatchProposed in;
    for (std::uint32_t m = 0; m < state.miners.size(); ++m) {
      if (!state.miner_alive(m)) continue;
      for (std::uint32_t c = 0; c < state.redundancy(); ++c) {
        if (state.current(m, c) == engine::none) {
          in.moves.push_back({m, c, below(state.validators.size()), {}});
        }
      }
    }
    input(std::move(in));
  }

  void judge() {
    if (state.open.empty()) return input(engine::Validate{any_miner(), seed()});
    auto it = state.open.begin();
    std::advance(it, below(std::min<std::size_t>(state.open.size(), 20)));
    const auto outcome = static_cast<VerdictOutcome>(below(12) < 9 ? 0 : 1 + below(3));
    input(engine::ValidationDone{it->first, outcome, below(1'000'001), below(10) == 0});
  }

  // Some rows set, some emptied, some kept; permits at random.
  void bond(EmissionOutput& out, std::size_t n) {
    out.bonds.row_at.push_back(0);
    for (std::size_t i = 0; i < n; ++i) {
      out.permit.push_back(static_cast<std::uint8_t>(below(2)));
      out.bonds_row.push_back(static_cast<std::uint8_t>(below(3)));
      out.consensus.push_back(static_cast<std::uint16_t>(below(65'536)));
      for (std::uint32_t col = below(n); col < n; col += 1 + below(n)) {
        out.bonds.col.push_back(col);
        out.bonds.val.push_back(static_cast<std::uint16_t>(below(65'536)));
      }
      out.bonds.row_at.push_back(out.bonds.col.size());
    }
  }

  void emit() {
    if (state.epoch.closed == 0) return input(engine::CloseEpoch{seed()});
    const EmissionInput in = engine::emission_input(state);
    EmissionOutput out;
    out.amount_nano.assign(in.uid.size(), 0);
    out.unallocated_nano = in.budget_nano;
    if (below(2) == 0) bond(out, in.uid.size());
    if (below(3) == 0) {
      input(engine::EmissionComputed{in.epoch, "test", fail(Errc::plugin, "not \xff today")});
    } else {
      input(engine::EmissionComputed{in.epoch, "test", out});
    }
  }

  void one_input() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3: return add_miner();
      case 4: return below(6) == 0 ? add_validator() : below(4) == 0 ? delegate() : match();
      case 5: return input(engine::Tick{seed(), seed()});
      case 6: return below(4) == 0 ? emit() : match();
      case 7: return below(2) == 0 ? input(engine::Remove{Role::miner, any_miner()}) : judge();
      case 8: {
        engine::Update change{};
        change.role = Role::miner;
        change.id = any_miner();
        change.endpoint = "http://198.51.100.1:" + std::to_string(1 + below(60'000));
        if (below(3) == 0) change.status = below(2) == 0 ? Status::inactive : Status::active;
        return input(std::move(change));
      }
      case 9:
        if (below(4) == 0) {
          return input(engine::MapNamespace{"model." + std::to_string(below(20)) + ".*", "chat"});
        }
        return judge();
      default: return judge();
    }
  }

  std::mt19937_64 random_;
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::vector<engine::Fact> facts_;
};

}  // namespace subnetd::journal::testing
