// SPDX-License-Identifier: 0BSD
// A mark on disk as long as a plugin is being loaded or created: what ends the process in between,
// however it does, leaves it there, and the next start knows whose doing it was.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/quarantine.hpp"

namespace subnetd::plugin {

class LoadStep {
 public:
  LoadStep() = default;
  // Without a mark when it cannot be written: a full disk is no reason not to serve.
  static LoadStep begin(const std::filesystem::path& state, std::string_view sha256,
                        const std::filesystem::path& file, std::string_view id,
                        std::string_view what);
  ~LoadStep();
  LoadStep(LoadStep&& other) noexcept : mark_(std::exchange(other.mark_, {})) {}
  LoadStep& operator=(LoadStep&&) = delete;

 private:
  std::filesystem::path mark_;
};

// Puts what the last life left in the middle of a step into quarantine; returns those records.
Result<std::vector<Quarantined>> settle_load_steps(const std::filesystem::path& state);

}  // namespace subnetd::plugin
