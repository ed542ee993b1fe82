// SPDX-License-Identifier: 0BSD
// A component's settings from a TOML file of their own, as [KIND.settings] would hold them.
#pragma once

#include <filesystem>
#include <string>

#include "domain/error.hpp"

namespace subnetd::config {

// Canonical JSON of an object. Errc::config with file, line and column.
Result<std::string> load_settings(const std::filesystem::path& file);

}  // namespace subnetd::config
