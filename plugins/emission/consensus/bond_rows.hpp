// SPDX-License-Identifier: 0BSD
// The new bonds as rows of the answer: set, emptied, or left as they are stored.
#pragma once

#include "columns.hpp"

namespace consensus {

// Throws subnet::failure SBN_E_LIMIT, with out.bonds_n set, where they do not fit.
void write_bonds(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                 const Columns& columns, sbn_emission_out& out, const Crew& crew = {});

}  // namespace consensus
