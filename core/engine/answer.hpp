// SPDX-License-Identifier: 0BSD
// What the sender of an input is told, once its facts are durable.
#pragma once

#include <cstdint>
#include <string>

namespace subnetd::engine {

struct Answer {
  std::string id;             // the node
  bool created = false;       // Register: 201, else 200
  std::uint64_t request = 0;  // Validate: the first open request of that miner
  std::uint64_t epoch = 0;    // CloseEpoch: the epoch that was closed
  std::uint32_t refused = 0;  // MatchProposed: moves that broke a hard rule
  std::string refusal;        // the first of them, for people
  std::uint32_t looked_at = 0, retyped = 0;  // Redetect: miners, and those of another type now
  std::uint32_t next = 0;     // Redetect: the first slot that it left; 0: none
};

}  // namespace subnetd::engine
