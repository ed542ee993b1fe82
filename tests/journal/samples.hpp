// SPDX-License-Identifier: 0BSD
// One fact of each kind and stored form, by the name of its file in tests/vectors/facts.
#pragma once

#include <map>
#include <string>

#include "domain/limits.hpp"
#include "engine/fact.hpp"

namespace subnetd::journal::testing {

inline constexpr std::int64_t sample_ms = 1'700'000'000'123;

inline Challenge sample_seed() {
  Challenge seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(i * 8 + 7);
  return seed;
}

inline engine::Settings sample_settings() {
  return {.redundancy = 2,
          .moves_per_minute = 150,
          .interval_ms = 30'000,
          .deadline_ms = 5'000,
          .misses_max = 4,
          .min_score_ppm = 250'000,
          .median = true,
          .budget_nano = 18'000'000'000'000'000'000ull,
          .epoch_ms = 300'000,
          .default_stake_nano = 7,
          .agent_types = {"chat", "embedding"},
          .tempo = 0,
          .netuid = 0};
}

inline engine::NodePut sample_validator() {
  engine::NodePut put;
  put.role = Role::validator;
  put.slot = 3;
  put.fresh = false;
  put.uid = 12;
  put.record = {.id = "v\"1\\\n",
                .key = "",
                .name_space = "bewertung-ä-😀",
                .endpoint = "http://[::1]:9/x",
                .protocol = "classic",
                .method = "ask",
                .task = "t",
                .region = "eu",
                .specializations = {"chat", "*"},
                .capacity = 10'000'000};
  put.stake_nano = 18'446'744'073'709'551'615ull;
  put.has_stake = true;
  put.idempotency_key = 9'223'372'036'854'775'809ull;
  put.idempotency_body = 1;
  return put;
}

inline engine::NodePut sample_delegating() {
  engine::NodePut put = sample_validator();
  put.parent = 2;
  put.fee_bp = 10'000;
  return put;
}

inline engine::NodePut sample_miner() {
  engine::NodePut put;
  put.role = Role::miner;
  put.slot = 4'294'967'294u;
  put.uid = 99;
  put.record.id = "m1";
  put.record.key = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
  put.record.name_space = "model.openai.gpt-4";
  put.record.endpoint = "https://m1.example:8443/api";
  put.model_type = "chat";
  put.confidence_ppm = 987'654;
  put.detector = "subnetd.patterns/patterns";
  return put;
}

inline engine::EpochEmitted sample_emitted(std::uint32_t rows) {
  engine::EpochEmitted out{.epoch = 41,
                           .policy = "subnetd.emission/proportional",
                           .budget_nano = 1'000'000'007,
                           .founder_nano = 5,
                           .dust_nano = 2,
                           .unallocated_nano = 18'446'744'073'709'551'615ull};
  for (std::uint32_t i = 0; i < rows; ++i) {
    out.uid.push_back(i);
    out.role.push_back(static_cast<std::uint8_t>(1 + i % 2));
    out.slot.push_back(i % 64);
    out.amount_nano.push_back(i % 13 * 1'000'000'007ull);
    out.incentive.push_back(static_cast<std::uint16_t>(i % 17 * 3'000));
    out.score_sum_ppm.push_back(i % 19 * 999'983ull);
    out.score_count.push_back(i % 5);
  }
  return out;
}

inline engine::EpochStepped sample_stepped(std::uint32_t rows) {
  engine::EpochStepped out;
  out.epoch = 41;
  out.bonds.row_at = {0};
  for (std::uint32_t i = 0; i < rows; ++i) {
    out.dividends.push_back(static_cast<std::uint16_t>(i % 7 * 9'000));
    out.consensus.push_back(static_cast<std::uint16_t>(65'535 - i % 11));
    out.validator_trust.push_back(static_cast<std::uint16_t>(i % 3));
    if (i % 2 == 0) out.reports.push_back({i, i % 13 * 70'000, i % 5 * 200'000, 1'000'000});
    out.order.push_back(i * 3 + 1);
    out.permit.push_back(i % 2);
    for (std::uint32_t j = i % 4; j < rows && j < 4 + i % 4; j += 2) {
      out.bonds.col.push_back(j);
      out.bonds.val.push_back(static_cast<std::uint16_t>(i % 17 * 3'855));
    }
    out.bonds.row_at.push_back(out.bonds.col.size());
  }
  return out;
}

// The first half of the rows delegates to the second.
inline engine::EpochStepped sample_stepped_delegating(std::uint32_t rows) {
  engine::EpochStepped out = sample_stepped(rows);
  for (std::uint32_t i = 0; i < rows / 2; ++i) out.delegations.push_back({i, rows - 1 - i, i % 9});
  return out;
}

inline engine::Settings sample_tempo_settings() {
  engine::Settings out = sample_settings();
  out.tempo = 360;
  out.netuid = 31;
  return out;
}

inline engine::Matched sample_matched(std::uint32_t moves) {
  engine::Matched out;
  for (std::uint32_t i = 0; i < moves; ++i) {
    const bool matched = i % 3 != 0;
    out.moves.push_back({i % 500, i % 2, matched ? i % 7 : engine::none,
                         matched ? UnmatchedReason::none : UnmatchedReason::no_capacity});
  }
  return out;
}

inline std::map<std::string, engine::Fact> samples() {
  using namespace engine;
  std::vector<std::string> many_types;
  for (int i = 0; i < 1024; ++i) many_types.push_back(std::string(60, 'a') + std::to_string(i));
  const auto at = [](auto body) { return Fact{sample_ms, std::move(body)}; };
  return {
      {"started", at(Started{3, sample_settings(), {"chat", "protein_folding"}})},
      {"started.packed", at(Started{4, sample_settings(), many_types})},
      {"node_put.miner", at(sample_miner())},
      {"node_put.validator", at(sample_validator())},
      {"node_put.delegating", at(sample_delegating())},
      {"node_removed", at(NodeRemoved{Role::validator, 7})},
      {"status_set",
       at(StatusSet{Role::miner, 8, Status::flagged, StatusReason::low_score})},
      {"mapping_put", at(MappingPut{"model.acme.*", "chat"})},
      {"mapping_removed", at(MappingRemoved{"model.acme.*"})},
      {"retyped", at(Retyped{5, "embedding", 1'000'000, "mapping"})},
      {"matched", at(sample_matched(7))},
      {"matched.columns", at(sample_matched(10'000))},
      {"rebalancing", at(Rebalancing{})},
      {"due", at(Due{-5, sample_seed()})},
      {"owed", at(Owed{6, sample_seed()})},
      {"verdict", at(engine::Verdict{1'000'042, 17, 4, VerdictOutcome::scored, 876'543, none})},
      {"verdict.agent",
       at(engine::Verdict{18'446'744'073'709'551'615ull, 4'294'967'294u, none,
                          VerdictOutcome::miner_failed, 0, none})},
      {"verdict.retry",
       at(engine::Verdict{1, 17, 4, VerdictOutcome::validator_failed, 0, 4'294'967'294u})},
      {"epoch_closed", at(EpochClosed{41, 123'456, sample_seed()})},
      {"epoch_closed.keyed", at(EpochClosed{41, 123'456, sample_seed(), 11, 22})},
      {"epoch_emitted", at(sample_emitted(4))},
      {"epoch_emitted.columns", at(sample_emitted(5'000))},
      {"signed_write", at(SignedWrite{18'446'744'073'709'551'557ull, sample_ms + 120'000})},
      {"epoch_stepped", at(sample_stepped(5))},
      {"epoch_stepped.columns", at(sample_stepped(6'000))},
      {"epoch_stepped.delegating", at(sample_stepped_delegating(5))},
      {"epoch_stepped.delegating.columns", at(sample_stepped_delegating(6'000))},
      {"started.tempo", at(Started{5, sample_tempo_settings(), {}})},
      {"epoch_held", at(EpochHeld{41, std::string("plugin said \xff\x00!", 15)})},
  };
}

}  // namespace subnetd::journal::testing
