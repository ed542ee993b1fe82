// SPDX-License-Identifier: 0BSD
// config show, schema, default: the configuration as the daemon would see it.
#include <iostream>

#include "cli/command.hpp"
#include "cli/sources.hpp"
#include "config/schema.hpp"

namespace subnetd::cli {
namespace {

struct ShowOptions : ConfigOptions {
  bool resolved = false;
  OutputChoice output;
};

struct NoOptions {};

// "http.listen", "detector.0.use"
std::string path_of(const config::Setting& setting) {
  const config::Section* section = config::find_section(setting.section);
  const bool is_array = section != nullptr && section->is_array;
  if (setting.section.empty()) return setting.key;
  return setting.section + (is_array ? "." + std::to_string(setting.element) : "") + "." +
         setting.key;
}

// A literal of the file, which all but always is JSON too.
Cell cell_of(const std::string& literal) {
  const auto value = json::parse(literal, literal.size());
  return value ? Cell::of(*value) : Cell(literal);
}

// As TOML, unless a format is asked for.
Result<void> show(const ShowOptions& options) {
  SUBNETD_TRY(const config::Resolved resolved, config::resolve(sources_of(options)));
  if (options.output.format.empty()) {
    std::cout << config::show(resolved, options.resolved);
    return {};
  }
  Rows rows(std::cout, style_of(options.output), {"key", "value", "origin"});
  for (const config::Setting& setting : resolved.settings) {
    rows.add({path_of(setting), cell_of(setting.literal), setting.origin});
  }
  rows.finish();
  return {};
}

Result<void> print_schema(const NoOptions&) {
  std::cout << config::json_schema();
  return {};
}

Result<void> print_default(const NoOptions&) {
  std::cout << config::default_file();
  return {};
}

}  // namespace

CLI::Option* add_config_options(CLI::App& command, ConfigOptions& options) {
  command
      .add_option("--set", options.set,
                  "A key over file and environment, as http.listen=127.0.0.1:0; again and again")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  return command.add_option("--config", options.file, "The TOML file")->type_name("FILE");
}

config::Sources sources_of(const ConfigOptions& options) {
  config::Sources sources;
  if (!options.file.empty()) sources.file = options.file;
  sources.environment = config::read_environment();
  for (const std::string& each : options.set) {
    const std::size_t equals = std::min(each.find('='), each.size());
    sources.flags.emplace_back(each.substr(0, equals),
                               each.substr(std::min(equals + 1, each.size())));
  }
  return sources;
}

config::Sources sources_of(const std::string& file) {
  return sources_of(ConfigOptions{file, {}});
}

void add_config(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("config", "The configuration: show, schema, default");
  group->require_subcommand(1);

  CLI::App* show_command =
      group->add_subcommand("show", "The effective configuration, as TOML; secrets hidden");
  auto options = std::make_shared<ShowOptions>();
  add_config_options(*show_command, *options);
  show_command->add_flag("--resolved", options->resolved, "With the origin of each value");
  one_of(show_command->add_option("--output", options->output.format, "Rows instead of TOML"),
         {"table", "json", "jsonl", "tsv"});
  show_command->add_flag("--no-color", options->output.no_color, "No colour, as with NO_COLOR");
  on_chosen(*show_command, chosen, options, show);

  auto none = std::make_shared<NoOptions>();
  on_chosen(*group->add_subcommand("schema", "JSON Schema of the file"), chosen, none,
            print_schema);
  on_chosen(*group->add_subcommand("default", "The default file, every key with its comment"),
            chosen, none, print_default);
}

}  // namespace subnetd::cli
