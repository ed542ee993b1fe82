// SPDX-License-Identifier: 0BSD
// A configuration that is read anew while the daemon runs.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace subnetd::config {

// Which keys differ, as "section.key" in the order of the schema.
struct Changes {
  std::vector<std::string> taken;
  std::vector<std::string> need_restart;
};

// Puts into `next` what a running daemon cannot follow as it is in `running`.
Changes follow(const Resolved& running, Resolved& next);

}  // namespace subnetd::config
