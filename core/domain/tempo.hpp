// SPDX-License-Identifier: 0BSD
// When the chains run an epoch: at block b where (b + netuid) mod tempo is 0.
#pragma once

#include <cstdint>

namespace subnetd {

// Blocks since the last such block, 0 at one. tempo > 0.
constexpr std::uint64_t blocks_since_epoch(std::uint64_t block, std::uint32_t netuid,
                                           std::uint32_t tempo) {
  return (block % tempo + netuid % tempo) % tempo;
}

// The first such block at or after this one.
constexpr std::uint64_t next_epoch_block(std::uint64_t block, std::uint32_t netuid,
                                         std::uint32_t tempo) {
  const std::uint64_t since = blocks_since_epoch(block, netuid, tempo);
  return since == 0 ? block : block + tempo - since;
}

}  // namespace subnetd
