// SPDX-License-Identifier: 0BSD
// run: the daemon, until a signal ends it.
#include "agent/agent.hpp"
#include "cli/command.hpp"
#include "cli/sources.hpp"

namespace subnetd::cli {
namespace {

struct RunOptions : ConfigOptions {
  bool safe_mode = false;
};

Result<int> run_daemon(const RunOptions& options) {
  agent::AgentOptions daemon;
  SUBNETD_TRY(config::Resolved resolved, config::resolve(sources_of(options)));
  daemon.config = std::move(resolved.config);
  daemon.settings = std::move(resolved.settings);
  daemon.reread = [options] { return config::resolve(sources_of(options)); };
  daemon.version = SUBNETD_VERSION;
  daemon.catch_signals = true;
  daemon.contain = true;
  daemon.safe_mode = options.safe_mode;
  SUBNETD_TRY(const auto agent, agent::Agent::start(std::move(daemon)));
  const int signal = agent->wait_for_signal();
  agent->stop();
  return 128 + signal;
}

}  // namespace

void add_run(CLI::App& root, Chosen& chosen) {
  CLI::App* command = root.add_subcommand("run", "The daemon");
  auto options = std::make_shared<RunOptions>();
  add_config_options(*command, *options)->required();
  command->add_flag("--safe-mode", options->safe_mode,
                    "Run no plugin but those that came with the daemon; what uses another is off");
  on_chosen(*command, chosen, options, run_daemon);
}

}  // namespace subnetd::cli
