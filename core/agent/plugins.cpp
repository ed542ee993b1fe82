// SPDX-License-Identifier: 0BSD
#include "agent/plugins.hpp"

#include <algorithm>

#include "plugin/absent.hpp"

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

std::vector<std::filesystem::path> folders_of(const config::Config& config, LoadOptions options) {
  std::vector<std::filesystem::path> folders(config.plugins.search.begin(),
                                             config.plugins.search.end());
  for (const auto& folder : default_plugin_folders()) {
    std::error_code ec;
    const auto is_same = [&](const auto& each) {
      return std::filesystem::equivalent(each, folder, ec);
    };
    const bool needed = config.plugins.search.empty() || options.safe_mode;
    if (needed && std::ranges::none_of(folders, is_same)) folders.push_back(folder);
  }
  return folders;
}

std::vector<plugin::Pin> pins_of(const config::Config& config) {
  std::vector<plugin::Pin> pins;
  for (const config::PluginLoad& load : config.plugin_loads) {
    pins.push_back({load.file, load.sha256, load.isolation,
                    {load.memory_mib, load.call_ms, load.restarts_per_min}});
  }
  return pins;
}

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
      if (const plugin::Refusal* held = set_.catalogue.find_held(use)) {
        return stand_in(kind, use, *held);
      }
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
  std::unique_ptr<plugin::Instance> stand_in(std::string_view kind, const std::string& use,
                                             const plugin::Refusal& held) {
    set_.has_absent_detector = set_.has_absent_detector || kind == SBN_KIND_DETECTOR;
    log_(SBN_LOG_ERROR, use, "disabled: " + held.error.message + "; " + held.error.hint);
    // Whoever may read sees the reason; where the file lies is the operator's.
    const std::string why = held.error.message.substr(held.file.string().size() + 2);
    return plugin::Instance::absent(plugin::absent_offer(kind, use, held),
                                    "its file " + why + "; subnetd plugin list says what to do",
                                    log_);
  }

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

std::filesystem::path plugin_state_folder(const config::Config& config) {
  const std::string& folder = config.plugins.state;
  return std::filesystem::absolute(folder.empty() ? config.journal.path + ".plugins" : folder);
}

Result<plugin::TrustRules> trust_rules(const config::Config& config, LoadOptions options) {
  plugin::TrustRules rules;
  rules.built_in = default_plugin_folders();
  rules.state = plugin_state_folder(config);
  SUBNETD_TRY(rules.lock, plugin::LockFile::read(config.plugins.lock));
  for (const std::string& text : config.plugins.keys) {
    const auto key = plugin::read_verify_key(text);
    if (!key) {
      return fail(Errc::config, "[plugins] keys: \"" + text + "\" " + key.error().message,
                  key.error().hint);
    }
    rules.keys.push_back(*key);
  }
  rules.all_pinned = config.profile == "production";
  rules.safe_mode = options.safe_mode;
  rules.marks_steps = options.marks_steps;
  return rules;
}

Result<std::vector<plugin::Pin>> installed_files(const config::Config& config) {
  return plugin::list_files(folders_of(config, {}), pins_of(config));
}

Result<plugin::Catalogue> open_catalogue(const config::Config& config, LoadOptions options) {
  SUBNETD_TRY(plugin::TrustRules rules, trust_rules(config, options));
  const auto folders = folders_of(config, options);
  const auto pins = pins_of(config);
  plugin::Placement placement;
  placement.isolation = config.plugins.isolation;
  if (!config.plugins.worker.empty()) {
    placement.program = std::filesystem::absolute(config.plugins.worker);
  }
  SUBNETD_TRY(plugin::Catalogue catalogue,
              plugin::Catalogue::open(folders, pins,
                                      std::make_shared<const plugin::Trust>(std::move(rules)),
                                      placement, options.in_program, options.running));
  // A file that was asked for by name must load; one that merely lies there is listed as refused.
  for (const plugin::Refusal& refusal : catalogue.refusals()) {
    for (const plugin::Pin& pin : pins) {
      if (refusal.file == pin.file && !refusal.held) {
        return fail(Errc::config, "[[plugins.load]]: " + refusal.error.message, refusal.error.hint);
      }
    }
  }
  return catalogue;
}

Result<std::unique_ptr<PluginSet>> load_plugins(const config::Config& config,
                                                const plugin::PluginLog& log,
                                                LoadOptions options) {
  auto set = std::make_unique<PluginSet>();
  SUBNETD_TRY(set->catalogue, open_catalogue(config, options));
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
          {v.model_types, std::make_shared<plugin::Validator>(std::move(instance)), alone});
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
