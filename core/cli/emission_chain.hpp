// SPDX-License-Identifier: 0BSD
// Cases of the chains' own shape: parameters and columns in, outputs by the chains' names.
#pragma once

#include "cli/emission_case.hpp"

namespace subnetd::cli {

// Fills epoch.input; epoch.policy says which chain's case it is. What a case leaves out is up to
// the policy's settings, but for `yuma3`: a case of subtensor that does not say so is Yuma 2.
Result<void> read_chain_case(const json::Fields& fields, EmissionCase& epoch);
json::Object chain_answer(const EmissionCase& epoch, const EmissionOutput& output);
// What a policy that is none of the chains' computes by consensus, if it does.
void add_consensus(json::Object& answer, const EmissionInput& in, const EmissionOutput& output);
// I32F32 bits.
json::Object chain_raw(const EmissionOutput& output);

}  // namespace subnetd::cli
