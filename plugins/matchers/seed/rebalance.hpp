// SPDX-License-Identifier: 0BSD
// Spends the move budget of solve. Type by type: the most loaded validator that holds a miner of
// the type gives its last registered one to the best place of that type, while that leaves their
// loads nearer to each other (a difference of two or more). Sweeps repeat until nothing moves.
#pragma once

#include "index.hpp"

namespace seed {

void rebalance(const subnet::match_view& view, Index& index, subnet::moves& out);

}  // namespace seed
