// SPDX-License-Identifier: 0BSD
// plugin reload: a running daemon reads its configuration anew.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"

namespace subnetd::cli {
namespace {

constexpr std::int64_t deadline_ms = 300'000;  // plugins may take their time to start

struct ReloadOptions : DaemonOptions {
  bool now = false, shadow = false;
};

Result<void> reload(const ReloadOptions& options) {
  const json::Value body{{"now", options.now}, {"shadow", options.shadow}};
  SUBNETD_TRY(const DaemonReply reply,
              call_daemon(options, "POST", "plugins/reload", &body, deadline_ms));
  if (const json::Object* object = reply.body.if_object()) {
    print_object(std::cout, style_of(options.output), *object);
  }
  return {};
}

}  // namespace

void add_plugin_reload(CLI::App& group, Chosen& chosen) {
  CLI::App* command = group.add_subcommand(
      "reload", "Have a running daemon read its file anew; its plugins serve from the end of the "
                "epoch on, and what fails leaves all as it was");
  auto options = std::make_shared<ReloadOptions>();
  command->add_flag("--now", options->now, "At once, not at the end of the epoch");
  command->add_flag("--shadow", options->shadow,
                    "Count what the new plugins say otherwise of the nodes that are there");
  add_daemon_options(*command, *options);
  on_chosen(*command, chosen, options, reload);
}

}  // namespace subnetd::cli
