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

// Model types of [[validator]] and [[namespace]] tables that no detector answers, a line each.
class UnknownTypes {
 public:
  UnknownTypes(const config::Resolved& resolved, const agent::PluginSet& plugins)
      : resolved_(resolved), types_(plugins.detectors.types()) {
    const std::vector<config::Validator>& validators = resolved.config.validators;
    const std::vector<config::Mapping>& mappings = resolved.config.mappings;
    for (std::size_t i = 0; i < validators.size(); ++i) {
      for (const std::string& type : validators[i].model_types) {
        if (type != any_type) look("validator", i, "model_types", type);
      }
    }
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      look("namespace", i, "model_type", mappings[i].model_type);
    }
  }
  const std::string& faults() const { return faults_; }

 private:
  void look(const std::string& section, std::size_t element, const std::string& key,
            const std::string& type) {
    const std::vector<std::string_view> known(types_.begin(), types_.end());
    if (std::find(known.begin(), known.end(), type) != known.end()) return;
    const auto meant = did_you_mean(type, known);
    faults_ += place_of(resolved_, section, element, key) + "[[" + section + "]] " + key +
               ": no detector answers \"" + type + "\"" +
               (meant ? "; did you mean \"" + std::string(*meant) + "\"?" : "") + "\n";
  }

  const config::Resolved& resolved_;
  std::vector<std::string> types_;
  std::string faults_;
};

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
    faults += UnknownTypes(attempt.resolved, **plugins).faults();
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
