// SPDX-License-Identifier: 0BSD
// Which journal a command reads: --journal, else [journal] path of the configuration.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "domain/error.hpp"

namespace subnetd::cli {

struct JournalOptions {
  std::string config, journal;
};

void add_journal_options(CLI::App& command, JournalOptions& options);
Result<std::string> journal_path(const JournalOptions& options);

}  // namespace subnetd::cli
