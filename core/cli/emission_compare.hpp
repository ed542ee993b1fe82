// SPDX-License-Identifier: 0BSD
// The subcommand `emission compare`.
#pragma once

#include "cli/command.hpp"

namespace subnetd::cli {

void add_emission_compare(CLI::App& group, Chosen& chosen);

}  // namespace subnetd::cli
