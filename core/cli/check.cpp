// SPDX-License-Identifier: 0BSD
// check: everything that would keep the daemon from starting with this file, all at once.
#include <algorithm>
#include <iostream>

#include "agent/plugins.hpp"
#include "cli/command.hpp"
#include "cli/sources.hpp"
#include "domain/node.hpp"
#include "domain/text.hpp"
#include "net/tls.hpp"

namespace subnetd::cli {
namespace {

struct CheckOptions : ConfigOptions {
  OutputChoice output;
};

// "subnetd.toml:4:7: ", where a value was given.
std::string place_of(const config::Resolved& resolved, std::string_view section,
                     std::size_t element, std::string_view key) {
  for (const config::Setting& setting : resolved.settings) {
    if (setting.section == section && setting.element == element && setting.key == key &&
        setting.origin != "default") {
      return setting.origin + ": ";
    }
  }
  return "";
}

Result<void> check_tls(const config::Resolved& resolved) {
  const config::Http& http = resolved.config.http;
  if (http.tls_cert.empty() || http.tls_key.empty()) return {};
  const auto context = net::server_tls(http.tls_cert, http.tls_key);
  if (context) return {};
  return fail(Errc::config,
              place_of(resolved, "http", 0, "tls_cert") + "[http] " + context.error().message,
              context.error().hint);
}

// Model types of [[validator]] tables that no detector answers, a line each.
std::string unknown_types(const config::Resolved& resolved, const agent::PluginSet& plugins) {
  const std::vector<std::string> types = plugins.detectors.types();
  const std::vector<std::string_view> known(types.begin(), types.end());
  std::string faults;
  const std::vector<config::Validator>& validators = resolved.config.validators;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    for (const std::string& type : validators[i].model_types) {
      if (type == any_type || std::find(known.begin(), known.end(), type) != known.end()) continue;
      const auto meant = did_you_mean(type, known);
      faults += place_of(resolved, "validator", i, "model_types") +
                "[[validator]] model_types: no detector answers \"" + type + "\"" +
                (meant ? "; did you mean \"" + std::string(*meant) + "\"?" : "") + "\n";
    }
  }
  return faults;
}

// Faults stand as `file:line:column: words` from the line's start, as editors want them.
Result<int> check(const CheckOptions& options) {
  const config::Attempt attempt = config::attempt(sources_of(options));
  std::string faults;
  std::string hint;
  const auto add = [&](const Error& error) {
    faults += error.message + '\n';
    if (hint.empty()) hint = error.hint;
  };
  if (attempt.faults) add(*attempt.faults);
  if (const auto tls = check_tls(attempt.resolved); !tls) add(tls.error());
  const plugin::PluginLog quiet = [](int, std::string_view, std::string_view) {};
  const auto plugins = agent::load_plugins(attempt.resolved.config, quiet);
  if (plugins) {
    faults += unknown_types(attempt.resolved, **plugins);
  } else {
    add(plugins.error());
  }
  if (!faults.empty()) {
    std::cerr << faults;
    if (!hint.empty()) note("hint: " + hint);
    return number(ExitCode::refused);
  }
  Rows rows(std::cout, style_of(options.output), {"component", "version", "file"});
  for (const plugin::Instance* instance : (*plugins)->instances()) {
    const plugin::Library& library = *instance->offer().library;
    rows.add({instance->id(), library.version(), library.path().string()});
  }
  rows.finish();
  note(options.file + " is good");
  return number(ExitCode::ok);
}

}  // namespace

void add_check(CLI::App& root, Chosen& chosen) {
  CLI::App* command =
      root.add_subcommand("check", "All errors of a configuration at once, plugins included");
  auto options = std::make_shared<CheckOptions>();
  add_config_options(*command, *options)->required();
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, check);
}

}  // namespace subnetd::cli
