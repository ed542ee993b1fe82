// SPDX-License-Identifier: 0BSD
// The command line: one binary, `subnetd`. Parses, runs the chosen command, gives the exit code.
#pragma once

namespace subnetd::cli {

int run(int argc, char** argv);

}  // namespace subnetd::cli
