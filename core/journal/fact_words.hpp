// SPDX-License-Identifier: 0BSD
// The words and numbers that stored facts use for enumerations. They belong to the format: a rename
// in the domain must not change them.
#pragma once

#include <array>
#include <string_view>

#include "domain/node.hpp"
#include "domain/validation.hpp"

namespace subnetd::journal {

inline constexpr std::array<std::string_view, 3> role_words{"none", "miner", "validator"};
inline constexpr std::array<std::string_view, 4> status_words{"active", "inactive", "draining",
                                                              "flagged"};
inline constexpr std::array<std::string_view, 4> reason_words{"none", "set", "missed", "low_score"};

static_assert(static_cast<int>(Role::miner) == 1 && static_cast<int>(Role::validator) == 2);
static_assert(static_cast<int>(Status::active) == 0 && static_cast<int>(Status::inactive) == 1 &&
              static_cast<int>(Status::draining) == 2 && static_cast<int>(Status::flagged) == 3);
static_assert(static_cast<int>(StatusReason::none) == 0 &&
              static_cast<int>(StatusReason::set) == 1 &&
              static_cast<int>(StatusReason::missed) == 2 &&
              static_cast<int>(StatusReason::low_score) == 3);
static_assert(static_cast<int>(VerdictOutcome::scored) == 0 &&
              static_cast<int>(VerdictOutcome::miner_failed) == 1 &&
              static_cast<int>(VerdictOutcome::validator_failed) == 2 &&
              static_cast<int>(VerdictOutcome::plugin_failed) == 3 &&
              static_cast<int>(VerdictOutcome::carried) == 4);
inline constexpr std::int64_t outcomes = 5;

}  // namespace subnetd::journal
