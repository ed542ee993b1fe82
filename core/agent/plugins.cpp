// SPDX-License-Identifier: 0BSD
#include "agent/plugins.hpp"

#include <algorithm>

namespace subnetd::agent {
namespace {

// Gathers what is wrong, so that an operator sees all of it at once.
class Problems {
 public:
  void add(const Error& error) {
    if (!text_.empty()) text_ += '\n';
    text_ += error.message;
    if (!error.hint.empty()) text_ += " (" + error.hint + ")";
  }
  bool any() const { return !text_.empty(); }
  Error error() const { return Error{Errc::config, text_, "subnetd plugin list"}; }

 private:
  std::string text_;
};

std::string where_of(const config::Settings& settings, std::string_view table) {
  return settings.origin.empty() ? std::string(table) : settings.origin + ": " + std::string(table);
}

class Builder {
 public:
  Builder(PluginSet& set, const plugin::PluginLog& log) : set_(set), log_(log) {}

  // nullptr, with the problem noted, when it cannot be had.
  std::unique_ptr<plugin::Instance> make(std::string_view kind, const std::string& use,
                                         const config::Settings& settings, std::string_view table) {
    auto offer = set_.catalogue.find(kind, use);
    if (!offer) {
      Error error = offer.error();
      error.message = where_of(settings, table) + ": " + error.message;
      problems.add(error);
      return nullptr;
    }
    auto instance =
        plugin::Instance::create(*offer, settings.json, where_of(settings, table), log_);
    if (!instance) {
      problems.add(instance.error());
      return nullptr;
    }
    return std::move(*instance);
  }

  Problems problems;

 private:
  PluginSet& set_;
  const plugin::PluginLog& log_;
};

}  // namespace

std::size_t PluginSet::rule_for(std::string_view model_type) const {
  std::size_t any = no_rule;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    for (const std::string& type : validators[i].model_types) {
      if (type == model_type) return i;
      if (type == "*" && any == no_rule) any = i;
    }
  }
  return any;
}

std::vector<std::string> PluginSet::agent_types() const {
  std::vector<std::string> types;
  for (const std::string& type : detectors.types()) {
    const std::size_t rule = rule_for(type);
    if (rule != no_rule && validators[rule].judges_alone) types.push_back(type);
  }
  return types;
}

std::vector<plugin::Instance*> PluginSet::instances() {
  std::vector<plugin::Instance*> all = detectors.instances();
  all.push_back(&matcher->instance());
  for (ValidatorRule& rule : validators) all.push_back(&rule.validator->instance());
  all.push_back(&emission->instance());
  return all;
}

std::vector<std::filesystem::path> default_plugin_folders() {
  std::error_code ec;
  const auto exe = std::filesystem::read_symlink("/proc/self/exe", ec);
  const auto up = exe.parent_path().parent_path();
  for (const auto& folder : {up / "plugins", up / "lib" / "subnetd" / "plugins",
                             up / "lib" / "x86_64-linux-gnu" / "subnetd" / "plugins",
                             up / "lib" / "aarch64-linux-gnu" / "subnetd" / "plugins"}) {
    if (std::filesystem::is_directory(folder, ec)) return {folder};
  }
  return {};
}

Result<plugin::Catalogue> open_catalogue(const config::Config& config) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& folder : config.plugins.search) folders.emplace_back(folder);
  if (folders.empty()) folders = default_plugin_folders();
  std::vector<plugin::Pin> pins;
  for (const config::PluginLoad& load : config.plugin_loads) {
    pins.push_back({std::filesystem::absolute(load.file), load.sha256});
  }
  SUBNETD_TRY(plugin::Catalogue catalogue, plugin::Catalogue::open(folders, pins));
  // A file that was asked for by name must load; one that merely lies there is listed as refused.
  for (const plugin::Refusal& refusal : catalogue.refusals()) {
    for (const plugin::Pin& pin : pins) {
      if (refusal.file == pin.file) {
        return fail(Errc::config, "[[plugins.load]]: " + refusal.error.message, refusal.error.hint);
      }
    }
  }
  return catalogue;
}

Result<std::unique_ptr<PluginSet>> load_plugins(const config::Config& config,
                                                const plugin::PluginLog& log) {
  auto set = std::make_unique<PluginSet>();
  SUBNETD_TRY(set->catalogue, open_catalogue(config));
  Builder builder(*set, log);
  set->detectors.set_subnet_hint(config.subnet.hint);
  for (const config::Detector& d : config.detectors) {
    if (auto instance = builder.make(SBN_KIND_DETECTOR, d.use, d.settings, "[[detector]]")) {
      set->detectors.add(plugin::Detector(std::move(instance)), d.min_confidence_ppm);
    }
  }
  if (auto instance = builder.make(SBN_KIND_MATCHER, config.matcher.use, config.matcher.settings,
                                   "[matcher]")) {
    set->matcher = std::make_unique<plugin::Matcher>(std::move(instance));
  }
  for (const config::Validator& v : config.validators) {
    if (auto instance = builder.make(SBN_KIND_VALIDATOR, v.use, v.settings, "[[validator]]")) {
      const bool alone = (instance->offer().component->flags & SBN_F_JUDGES_ALONE) != 0;
      set->validators.push_back(
          {v.model_types, std::make_unique<plugin::Validator>(std::move(instance)), alone});
    }
  }
  if (auto instance = builder.make(SBN_KIND_EMISSION, config.emission.use, config.emission.settings,
                                   "[emission]")) {
    set->emission = std::make_unique<plugin::Emission>(std::move(instance));
  }
  if (builder.problems.any()) {
    // What is missing may be in a file that was refused.
    for (const plugin::Refusal& refusal : set->catalogue.refusals()) {
      builder.problems.add(refusal.error);
    }
    return std::unexpected(builder.problems.error());
  }
  return set;
}

}  // namespace subnetd::agent
