// SPDX-License-Identifier: 0BSD
// Nodes of an epoch that a test or a benchmark makes up, one after the other.
#pragma once

#include "domain/emission.hpp"
#include "subnet/emission.h"

namespace subnetd::test {

struct Node {
  bool validator = false;
  std::uint64_t stake_nano = 0;
  std::uint64_t last_update = 0;
  std::uint64_t registered_block = 0;
  bool permit = false;
};

inline void add_node(EmissionInput& in, const Node& node) {
  in.uid.push_back(static_cast<std::uint32_t>(in.uid.size()));
  in.role.push_back(node.validator ? SBN_ROLE_VALIDATOR : SBN_ROLE_MINER);
  in.stake_nano.push_back(node.stake_nano);
  in.last_update.push_back(node.last_update);
  in.registered_at.push_back(in.registered_at.size());
  in.registered_block.push_back(node.registered_block);
  in.permit.push_back(node.permit ? 1 : 0);
  in.owner.push_back(0);
  in.parent.push_back(0xffffffffu);
  in.fee.push_back(0);
  in.payable.push_back(1);
  in.score_sum_ppm.push_back(0);
  in.score_count.push_back(0);
}

}  // namespace subnetd::test
