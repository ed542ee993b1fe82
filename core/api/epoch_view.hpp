// SPDX-License-Identifier: 0BSD
// An epoch as readers see it: its sums, what each node was paid and why that moved, and the row of
// weights the agent would submit. Pure.
#pragma once

#include <string>

#include "api/object_text.hpp"
#include "domain/weights.hpp"
#include "journal/history.hpp"

namespace subnetd::api {

void append_epoch_fields(ObjectText& object, const journal::EpochItem& item);
// `after`: an epoch was emitted before this one.
void append_epoch_row(std::string& out, const journal::EpochRow& row, bool after);
// "weights": the row, and each rule of its chain that it would break.
void append_weights(ObjectText& object, const journal::EpochDetail& detail,
                    const WeightRules& rules);

// Why a node's amount is another than in the epoch before; empty when it is not.
std::string why_moved(const journal::EpochRow& row, bool after);

}  // namespace subnetd::api
