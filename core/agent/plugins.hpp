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
  std::shared_ptr<plugin::Validator> validator;
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
  bool has_absent_detector = false;  // its types are not known
};

// Where plugins lie when the configuration names no folder: beside the binary, in the build tree or
// under the install prefix.
std::vector<std::filesystem::path> default_plugin_folders();
// Where the records of plugins are: beside the journal, unless the configuration says otherwise.
std::filesystem::path plugin_state_folder(const config::Config& config);

struct LoadOptions {
  bool safe_mode = false;    // only built-ins
  bool marks_steps = false;  // the daemon alone: load steps leave a mark for its next start
  std::vector<std::shared_ptr<const sbn_plugin>> in_program = {};  // beside those of files
  const plugin::Catalogue* running = nullptr;  // whose unchanged libraries serve again
};
Result<plugin::TrustRules> trust_rules(const config::Config& config, LoadOptions options = {});
// Every plugin file a configuration means, with its pin, whether it may run or not.
Result<std::vector<plugin::Pin>> installed_files(const config::Config& config);
// The catalogue a configuration means.
Result<plugin::Catalogue> open_catalogue(const config::Config& config, LoadOptions options = {});

// Errc::config when something asked for is not there or its settings are wrong; all such errors at
// once, one a line. What is only held, in quarantine or by safe mode, is there and disabled.
Result<std::unique_ptr<PluginSet>> load_plugins(const config::Config& config,
                                                const plugin::PluginLog& log,
                                                LoadOptions options = {});

}  // namespace subnetd::agent
