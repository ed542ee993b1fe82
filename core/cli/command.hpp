// SPDX-License-Identifier: 0BSD
// What every command file is made of: it adds one command to the tree and says what runs when it is
// chosen. CLI11 stays within this room. Main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "domain/error.hpp"

namespace subnetd::cli {

// The command that was parsed; returns the process's exit code.
using Chosen = std::function<Result<int>()>;

// Only these words, which its help shows once.
CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words);

// Adds --output and --no-color. more: formats that this command has besides.
void add_output_options(CLI::App& command, OutputChoice& choice,
                        const std::vector<std::string>& more = {});

// `run` takes the options by reference and returns Result<void> or Result<int>.
template <class Options, class Run>
void on_chosen(CLI::App& command, Chosen& chosen, std::shared_ptr<Options> options, Run run) {
  command.callback([&chosen, options, run] {
    chosen = [options, run]() -> Result<int> {
      if constexpr (std::is_same_v<decltype(run(*options)), Result<void>>) {
        SUBNETD_CHECK(run(*options));
        return number(ExitCode::ok);
      } else {
        return run(*options);
      }
    };
  });
}

// "subnet.matcher/1" -> "matcher"
std::string short_kind(const std::string& kind);

// One each.
void add_backup(CLI::App& root, Chosen& chosen);
void add_check(CLI::App& root, Chosen& chosen);
void add_config(CLI::App& root, Chosen& chosen);
void add_demo(CLI::App& root, Chosen& chosen);
void add_detect(CLI::App& root, Chosen& chosen);
void add_emission(CLI::App& root, Chosen& chosen);
void add_history(CLI::App& root, Chosen& chosen);
void add_key(CLI::App& root, Chosen& chosen);
void add_plugin(CLI::App& root, Chosen& chosen);
void add_replay(CLI::App& root, Chosen& chosen);
void add_run(CLI::App& root, Chosen& chosen);
void add_version(CLI::App& root, Chosen& chosen);
void add_status(CLI::App& root, Chosen& chosen);
void add_nodes(CLI::App& root, Chosen& chosen);
void add_namespace(CLI::App& root, Chosen& chosen);
void add_match(CLI::App& root, Chosen& chosen);
void add_plugin_check(CLI::App& group, Chosen& chosen);
void add_plugin_new(CLI::App& group, Chosen& chosen);
void add_plugin_trust(CLI::App& group, Chosen& chosen);
void add_plugin_reload(CLI::App& group, Chosen& chosen);
void add_match_solve(CLI::App& group, Chosen& chosen);
void add_validation(CLI::App& root, Chosen& chosen);
void add_epoch(CLI::App& root, Chosen& chosen);
void add_explain(CLI::App& root, Chosen& chosen);

}  // namespace subnetd::cli
