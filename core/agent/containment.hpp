// SPDX-License-Identifier: 0BSD
// What the daemon's last life left behind of plugins that ended it, and the handlers that name the
// next one. The folder of records is one daemon's at a time. Main thread.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "domain/error.hpp"
#include "observe/log.hpp"

namespace subnetd::agent {

class Containment {
 public:
  Containment() = default;  // contains nothing
  // Puts the culprits of the last life into quarantine and catches crashes from here on; leaves all
  // as it is when another daemon has the folder. Errc::config.
  static Result<Containment> open(const std::filesystem::path& state, observe::Log& log);
  ~Containment();
  Containment(Containment&& other) noexcept
      : state_(std::move(other.state_)), lock_(std::exchange(other.lock_, -1)) {}
  Containment& operator=(Containment&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(lock_, other.lock_);
    return *this;
  }

  bool is_on() const { return lock_ >= 0; }
  // Errc::conflict when another daemon has the folder.
  Result<void> check() const;

 private:
  std::filesystem::path state_;
  int lock_ = -1;
};

}  // namespace subnetd::agent
