// SPDX-License-Identifier: 0BSD
// The stand-in for a matcher that failed: every open, unmatched copy to the least loaded validator
// that may have it. Keeps the hard rules; no better than that.
#pragma once

#include <vector>

#include "subnet/matcher.h"

namespace subnetd::plugin {

std::vector<sbn_match_move> greedy_moves(const sbn_match_view& view);

}  // namespace subnetd::plugin
