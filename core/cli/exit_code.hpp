// SPDX-License-Identifier: 0BSD
// What a command's end means to whoever started it. The one place where errors become numbers.
#pragma once

#include "domain/error.hpp"

namespace subnetd::cli {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  refused = 3,      // configuration, plugin or a damaged journal: do not restart
  unavailable = 4,  // network: retry
};

constexpr int number(ExitCode code) {
  return static_cast<int>(code);
}

constexpr ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::malformed: return ExitCode::usage;
    case Errc::config:
    case Errc::corrupt:
    case Errc::plugin: return ExitCode::refused;
    case Errc::unavailable:
    case Errc::rate_limited:
    case Errc::timeout: return ExitCode::unavailable;
    default: return ExitCode::failed;
  }
}

}  // namespace subnetd::cli
