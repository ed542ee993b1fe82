// SPDX-License-Identifier: 0BSD
// The way of facts and states over the disk: with the journal's codecs, through bytes and back;
// without them (a build of the engine alone), as they are. The trace is the same either way.
#pragma once

#include <cstdint>

#include "engine/engine.hpp"

namespace subnetd::sim {

struct Disk {
  engine::Fact (*fact)(const engine::Fact& fact, std::uint64_t seq) = nullptr;
  engine::State (*state)(const engine::State& state) = nullptr;
};

// Made of core/journal.
Disk journal_disk();

}  // namespace subnetd::sim
