// SPDX-License-Identifier: 0BSD
// A State of many miners and validators, made by the engine's own apply(): 20-byte ids, 30-byte
// namespaces, 40-byte endpoints.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "engine/engine.hpp"

namespace subnetd::bench {

inline std::string padded(const char* prefix, std::uint32_t number, int bytes) {
  char text[64];
  const int digits = bytes - static_cast<int>(std::char_traits<char>::length(prefix));
  std::snprintf(text, sizeof(text), "%s%0*u", prefix, digits, number);
  return text;
}

inline NodeRecord miner_record(std::uint32_t number) {
  NodeRecord record;
  record.id = padded("miner-", number, 20);
  record.name_space = padded("acme/chat-", number, 30);
  record.endpoint = padded("http://10.0.0.1:8000/", number, 40);
  return record;
}

inline NodeRecord validator_record(std::uint32_t number, std::uint32_t capacity) {
  NodeRecord record;
  record.id = padded("validator-", number, 20);
  record.endpoint = padded("http://10.0.0.2:8000/", number, 40);
  record.specializations = {number % 2 == 0 ? "chat" : "embedding"};
  record.capacity = capacity;
  return record;
}

// `matched`: miner m has validator m modulo their number; such miners are all of type chat.
// `spare`: places of a validator above its part.
inline engine::State populate(std::uint32_t miners, std::uint32_t validators, bool matched,
                              std::uint32_t spare = 1) {
  engine::State state;
  engine::Effects effects;
  const auto apply = [&](auto body) {
    engine::apply(state, engine::Fact{1'700'000'000'000, std::move(body)}, effects);
    effects = {};
  };
  apply(engine::Started{1, engine::Settings{}, {"chat", "embedding"}});
  engine::NodePut put;
  put.role = Role::validator;
  for (std::uint32_t v = 0; v < validators; ++v) {
    put.slot = v;
    put.uid = v;
    put.record = validator_record(v, miners / validators + spare);
    if (matched) put.record.specializations = {"chat"};
    apply(put);
  }
  put.role = Role::miner;
  put.detector = "subnetd.patterns/patterns";
  put.confidence_ppm = 600'000;
  for (std::uint32_t m = 0; m < miners; ++m) {
    put.slot = m;
    put.uid = validators + m;
    put.record = miner_record(m);
    put.model_type = matched || m % 2 == 0 ? "chat" : "embedding";
    apply(put);
  }
  constexpr std::uint32_t moves_a_fact = 1'000;
  for (std::uint32_t m = 0; matched && m < miners; m += moves_a_fact) {
    engine::Matched fact;
    for (std::uint32_t i = m; i < std::min(m + moves_a_fact, miners); ++i) {
      fact.moves.push_back({i, 0, i % validators, UnmatchedReason::none});
    }
    apply(std::move(fact));
  }
  return state;
}

}  // namespace subnetd::bench
