// SPDX-License-Identifier: 0BSD
// status: what a running daemon serves and how it is.
#include "cli/command.hpp"
#include "cli/daemon_client.hpp"

namespace subnetd::cli {

void add_status(CLI::App& root, Chosen& chosen) {
  CLI::App* command = root.add_subcommand("status", "What a running daemon serves");
  auto options = std::make_shared<DaemonOptions>();
  add_daemon_options(*command, *options);
  on_chosen(*command, chosen, options,
            [](const DaemonOptions& given) { return print_one(given, "subnet"); });
}

}  // namespace subnetd::cli
