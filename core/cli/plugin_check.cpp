// SPDX-License-Identifier: 0BSD
// plugin check: whether a plugin file keeps the ABI's rules, check by check.
#include <algorithm>
#include <iostream>
#include <span>

#include "cli/command.hpp"
#include "config/load.hpp"
#include "config/settings_file.hpp"
#include "plugin/conformance.hpp"
#include "subnet/detector.h"
#include "subnet/emission.h"
#include "subnet/matcher.h"
#include "subnet/validator.h"

namespace subnetd::cli {
namespace {

constexpr std::uint64_t deadline_s_max = 3'600;

struct PluginCheckOptions {
  std::string file, settings, config;
  std::vector<std::string> cases, only, skip;
  std::uint64_t deadline_s = 10;
  bool list = false;
  OutputChoice output;
};

constexpr const char* word_of(plugin::CheckState state) {
  switch (state) {
    case plugin::CheckState::ok: return "ok";
    case plugin::CheckState::failed: return "FAILED";
    case plugin::CheckState::skipped: return "skipped";
  }
  return "";
}

// As the first table of that kind has them that uses the component.
std::string settings_in(const config::Config& config, const std::string& kind,
                        const std::string& plugin, const std::string& component) {
  const auto uses = [&](const auto& table) {
    return table.use == component || table.use == plugin + '/' + component;
  };
  const auto first = [&](const auto& tables) {
    const auto at = std::ranges::find_if(tables, uses);
    return at == tables.end() ? std::string() : at->settings.json;
  };
  if (kind == SBN_KIND_DETECTOR) return first(config.detectors);
  if (kind == SBN_KIND_VALIDATOR) return first(config.validators);
  if (kind == SBN_KIND_MATCHER) return first(std::span(&config.matcher, 1));
  if (kind == SBN_KIND_EMISSION) return first(std::span(&config.emission, 1));
  return {};
}

Result<int> list_checks(const PluginCheckOptions& options) {
  Rows rows(std::cout, style_of(options.output), {"of", "check", "wants"});
  for (const plugin::CheckCard& card : plugin::check_cards()) {
    rows.add({short_kind(card.of), card.check, card.wants});
  }
  rows.finish();
  return number(ExitCode::ok);
}

Result<int> check_plugin(const PluginCheckOptions& options) {
  if (options.list) return list_checks(options);
  if (options.file.empty()) {
    return fail(Errc::malformed, "name the plugin file", "subnetd plugin check --help");
  }
  plugin::ConformanceOptions asked;
  asked.deadline = std::chrono::seconds(options.deadline_s);
  if (!options.settings.empty()) {
    SUBNETD_TRY(const std::string all, config::load_settings(options.settings));
    asked.settings = [all](const auto&...) { return all; };
  } else if (!options.config.empty()) {
    SUBNETD_TRY(const config::Config config, config::load({.file = options.config}));
    asked.settings = [config](const auto&... names) { return settings_in(config, names...); };
  }
  for (const std::string& file : options.cases) asked.cases.push_back(file);
  asked.only = options.only;
  asked.skip = options.skip;
  const Style style = style_of(options.output);
  Rows rows(std::cout, style, {"result", "component", "check", "text"});
  std::size_t ok = 0, failures = 0, left_out = 0;
  const plugin::Conformance end =
      plugin::check_conformance(options.file, asked, [&](const plugin::CheckLine& line) {
        (line.state == plugin::CheckState::ok       ? ok
         : line.state == plugin::CheckState::failed ? failures
                                                    : left_out)++;
        rows.add({word_of(line.state), line.component.empty() ? Cell() : Cell(line.component),
                  line.check, line.text});
        std::cout.flush();  // a child that is forked with unwritten rows may not have them, too
      });
  rows.finish();
  note(options.file + ": " + std::to_string(ok) + " ok, " + std::to_string(failures) + " failed, " +
       std::to_string(left_out) + " skipped");
  switch (end) {
    case plugin::Conformance::good: return number(ExitCode::ok);
    case plugin::Conformance::failed: return number(ExitCode::failed);
    case plugin::Conformance::refused: return number(ExitCode::refused);
  }
  return number(ExitCode::failed);
}

}  // namespace

void add_plugin_check(CLI::App& group, Chosen& chosen) {
  CLI::App* command = group.add_subcommand(
      "check", "Whether a plugin file keeps the ABI's rules; each check in a process of its own");
  auto options = std::make_shared<PluginCheckOptions>();
  command->add_option("FILE", options->file, "The .sbn.so")->check(CLI::ExistingFile);
  command->add_flag("--list", options->list, "What is checked, and what each check wants");
  CLI::Option* settings =
      command->add_option("--settings", options->settings, "Settings to create it with, as TOML")
          ->type_name("FILE.toml");
  command
      ->add_option("--config", options->config,
                   "A daemon's configuration: the settings that it has for the file's components")
      ->type_name("FILE.toml")
      ->excludes(settings);
  command
      ->add_option("--cases", options->cases,
                   "Its cases; else NAME.cases.jsonl or cases.jsonl beside it")
      ->check(CLI::ExistingFile)
      ->type_name("FILE.jsonl");
  command->add_option("--only", options->only, "These checks alone, and load")->type_name("CHECK");
  command->add_option("--skip", options->skip, "All checks but these")->type_name("CHECK");
  command->add_option("--deadline-s", options->deadline_s, "How long one call may last")
      ->check(CLI::Range(std::uint64_t{1}, deadline_s_max))
      ->capture_default_str()
      ->type_name("SECONDS");
  command->footer(
      "One row a check: ok, FAILED (wanted, have, what to do) or skipped (why); --output json for\n"
      "machines. Exit code 0: none failed; 1: one failed; 2: usage; 3: the file cannot be loaded\n"
      "at all.");
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, check_plugin);
}

}  // namespace subnetd::cli
