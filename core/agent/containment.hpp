// SPDX-License-Identifier: 0BSD
// What the daemon's last life left behind of plugins that ended it, and the handlers that name the
// next one. The folder of records is one daemon's at a time. Main thread.
#pragma once

#include <filesystem>
#include <string>

#include "domain/error.hpp"
#include "observe/log.hpp"
#include "plugin/fd.hpp"

namespace subnetd::agent {

class Containment {
 public:
  Containment() = default;  // contains nothing
  // Puts the culprits of the last life into quarantine and catches crashes from here on; leaves all
  // as it is when another daemon has the folder. Errc::config.
  static Result<Containment> open(const std::filesystem::path& state, observe::Log& log);

  bool is_on() const { return static_cast<bool>(lock_); }
  // Errc::config when another daemon has the folder.
  Result<void> check() const;

 private:
  std::filesystem::path state_;
  plugin::Fd lock_;
};

}  // namespace subnetd::agent
