// SPDX-License-Identifier: 0BSD
// A plugin's own cases: known inputs and outputs, one JSON object a line, in the kind's shape. A
// case may have `settings`; without, those of the trial hold.
//   detector   {"name", "task"?, "protocol"?, "type", "confidence_ppm"?}
//   matcher    {"redundancy", "move_budget", "validators": [[types, capacity]…],
//               "miners": [[type, current]…], "after": [slots…]}; -1 is nobody
//   validator  {"reply", "http_status", "outcome", "score_ppm"}
//   emission   {"budget_nano", "miners": [[score_sum_ppm, score_count, payable]…], "amounts"}
//              or, for a policy of weights, {"budget_nano", "block", "last_step_block"?,
//               "nodes": [[stake_nano, last_update, registered_block, permit]…],
//               "weights": [[row, column, value]…], "bonds"?, "amounts", "new_bonds"?}
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "plugin/conformance/trial.hpp"

namespace subnetd::plugin::conformance {

// How many held; the first that did not is the error. `file` with the line's number is named.
Result<std::size_t> hold_cases(const Trial& trial, const std::filesystem::path& file);

// The settings of the first case that has any; empty: none has.
std::string settings_in(const std::filesystem::path& file);

}  // namespace subnetd::plugin::conformance
