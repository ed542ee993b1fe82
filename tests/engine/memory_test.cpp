// SPDX-License-Identifier: 0BSD
// A million miners of 20-byte ids, 30-byte names and 40-byte endpoints in 200 bytes each.
#include <gtest/gtest.h>

#include <cstdio>

#include "engine/engine.hpp"

namespace subnetd::engine {
namespace {

std::string padded(const char* prefix, std::uint32_t number, int bytes) {
  char text[64];
  const int digits = bytes - static_cast<int>(std::char_traits<char>::length(prefix));
  std::snprintf(text, sizeof(text), "%s%0*u", prefix, digits, number);
  return text;
}

TEST(Memory, AMillionMinersTakeTwoHundredBytesEach) {
  constexpr std::uint32_t n = 1'000'000;
  State state;
  Effects effects;
  apply(state, Fact{1, Started{1, Settings{}, {"chat"}}}, effects);
  NodePut put;
  put.role = Role::miner;
  put.model_type = "chat";
  put.detector = "subnet.patterns/patterns";
  for (std::uint32_t i = 0; i < n; ++i) {
    put.slot = put.uid = i;
    put.record.id = padded("miner-", i, 20);
    put.record.name_space = padded("acme/chat-", i, 30);
    put.record.endpoint = padded("http://10.0.0.1:8000/", i, 40);
    apply(state, Fact{1, put}, effects);
    effects.match.clear();
  }
  const double each = static_cast<double>(state.memory_bytes()) / n;
  RecordProperty("bytes_each", std::to_string(each));
  std::printf("%.1f bytes a miner\n", each);
  EXPECT_LE(each, 200.0);
}

}  // namespace
}  // namespace subnetd::engine
