// SPDX-License-Identifier: 0BSD
// How fast bonds follow: one alpha for all, or Commune's liquid one of each column.
#pragma once

#include "rules.hpp"

namespace consensus {

// 1 - the moving average, cut to I32F32.
bits plain_alpha(const Rules& rules);
// Alpha of each column; `consensus` of all columns.
std::vector<bits> column_alphas(const Rules& rules, const std::vector<bits>& consensus);

}  // namespace consensus
