// SPDX-License-Identifier: 0BSD
// The plugins a configuration asks for, found, created and ready to be asked.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/detector.hpp"
#include "plugin/emission.hpp"
#include "plugin/matcher.hpp"
#include "plugin/validator.hpp"

namespace subnetd::agent {

// One [[validator]] table: which model types, judged by what.
struct ValidatorRule {
  std::vector<std::string> model_types;  // "*": whatever no other table names
  std::unique_ptr<plugin::Validator> validator;
  bool judges_alone = false;
};

struct PluginSet {
  plugin::Catalogue catalogue;
  plugin::DetectorChain detectors;
  std::unique_ptr<plugin::Matcher> matcher;
  std::vector<ValidatorRule> validators;
  std::unique_ptr<plugin::Emission> emission;

  // The rule for a model type; none when no table covers it.
  static constexpr std::size_t no_rule = static_cast<std::size_t>(-1);
  std::size_t rule_for(std::string_view model_type) const;
  // Declared types that a plugin judges without validator nodes.
  std::vector<std::string> agent_types() const;
  std::vector<plugin::Instance*> instances();
};

// Where plugins lie when the configuration names no folder: beside the binary, in the build tree or
// under the install prefix.
std::vector<std::filesystem::path> default_plugin_folders();
// The catalogue a configuration means.
Result<plugin::Catalogue> open_catalogue(const config::Config& config);

// Errc::config when something asked for is not there or its settings are wrong; all such errors at
// once, one a line.
Result<std::unique_ptr<PluginSet>> load_plugins(const config::Config& config,
                                                const plugin::PluginLog& log);

}  // namespace subnetd::agent
