// SPDX-License-Identifier: 0BSD
// A whole State as columns in compressed parts, and back. Loading a million miners costs little
// more than reading the bytes and filling the index: there is no per-row text. What is loaded has
// the content_hash and the digest of what was saved, and behaves alike from then on.
#pragma once

#include <functional>

#include "domain/error.hpp"
#include "engine/state.hpp"
#include "journal/journal.hpp"

namespace subnetd::journal {

// 2: nobody delegates; 1: also no step and no signed_writes.
inline constexpr std::uint32_t snapshot_version = 3;
inline constexpr std::size_t snapshot_part_bytes = std::size_t{4} << 20;  // before compression

Snapshot encode_snapshot(const engine::State& state);

// Gives the parts in order, each once.
using NextPart = std::function<Result<std::string>(std::uint64_t part)>;
// Errc::config for a later version, naming both; Errc::corrupt for bytes that are not a snapshot.
Result<engine::State> decode_snapshot(std::uint64_t parts, const NextPart& next_part);

}  // namespace subnetd::journal
