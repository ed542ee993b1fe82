// SPDX-License-Identifier: 0BSD
// A TOML table as canonical JSON: keys in byte order, no spaces, shortest numbers. What JSON cannot
// hold (infinities) or what is over a limit is refused.
#pragma once

#include <toml++/toml.h>
#include <string>

#include "domain/error.hpp"

namespace subnetd::config {

Result<std::string> settings_json(const toml::table& table);

}  // namespace subnetd::config
