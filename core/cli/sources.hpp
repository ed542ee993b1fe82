// SPDX-License-Identifier: 0BSD
// Where a command takes its configuration from: the file, if one is named, the environment, and
// what is said on the command line. Main thread.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace subnetd::cli {

struct ConfigOptions {
  std::string file;
  std::vector<std::string> set;  // "http.listen=127.0.0.1:0"
};
// --config and --set; returns the former.
CLI::Option* add_config_options(CLI::App& command, ConfigOptions& options);

config::Sources sources_of(const ConfigOptions& options);
config::Sources sources_of(const std::string& file);

}  // namespace subnetd::cli
