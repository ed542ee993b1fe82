// SPDX-License-Identifier: 0BSD
// plugin lock, trust: which plugin files an operator vouches for. Their code runs in children only.
#include <iostream>
#include <set>

#include "agent/plugins.hpp"
#include "cli/command.hpp"
#include "cli/sources.hpp"
#include "plugin/conformance.hpp"

namespace subnetd::cli {
namespace {

constexpr std::chrono::seconds load_deadline{10};

struct TrustOptions {
  std::string config, subject;
  std::vector<std::string> files;
  OutputChoice output;
};

std::string abi_text(const plugin::Note& note) {
  return std::to_string(note.abi_major) + "." + std::to_string(note.abi_minor);
}

// The kinds stay empty where the file cannot be loaded; `why` then says it.
plugin::LockedPlugin entry_of(const plugin::Candidate& file, std::string& why) {
  plugin::LockedPlugin out{file.note.id,        file.note.version, file.sha256,
                           abi_text(file.note), {},                file.path.string()};
  const auto components = plugin::components_of(file.path, load_deadline);
  if (!components) {
    why = components.error().message;
    return out;
  }
  std::set<std::string> kinds;
  for (const std::string& each : *components) {
    kinds.insert(short_kind(each.substr(0, each.find(' '))));
  }
  out.kinds.assign(kinds.begin(), kinds.end());
  return out;
}

// Every installed file but the built-ins and those in quarantine.
Result<std::vector<std::filesystem::path>> files_to_lock(const config::Config& config,
                                                         const plugin::TrustRules& rules) {
  SUBNETD_TRY(const std::vector<plugin::Pin> all, agent::installed_files(config));
  const plugin::Trust trust(rules);
  std::vector<std::filesystem::path> out;
  for (const plugin::Pin& each : all) {
    if (trust.is_built_in(each.file)) continue;
    const auto file = plugin::read_candidate(each.file);
    if (file && !trust.why_held(*file)) {
      out.push_back(each.file);
    } else {
      note("left out: " + (file ? trust.why_held(*file)->message : file.error().message));
    }
  }
  return out;
}

Result<void> lock(const TrustOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(plugin::TrustRules rules, agent::trust_rules(config));
  std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
  if (files.empty()) {
    SUBNETD_TRY(files, files_to_lock(config, rules));
  }
  Rows rows(std::cout, style_of(options.output), {"state", "id", "version", "sha256", "file"});
  for (const std::filesystem::path& path : files) {
    SUBNETD_TRY(const auto file, plugin::read_candidate(std::filesystem::absolute(path)));
    std::string why;
    plugin::LockedPlugin entry = entry_of(file, why);
    if (!why.empty()) return fail(Errc::plugin, why, "correct it, or leave it out of the lock");
    const plugin::LockedPlugin* before = rules.lock.find(entry.id);
    rows.add({before == nullptr                  ? "added"
              : before->sha256 == entry.sha256 ? "unchanged"
                                               : "updated",
              entry.id, entry.version, entry.sha256, entry.file});
    rules.lock.put(std::move(entry));
  }
  SUBNETD_CHECK(rules.lock.write());
  rows.finish();
  note(rules.lock.path().string() + ": " + std::to_string(rules.lock.plugins().size()) +
       " plugins pinned");
  return {};
}

// The installed file with that hash.
Result<std::filesystem::path> file_with(const config::Config& config, const std::string& sha256) {
  SUBNETD_TRY(const std::vector<plugin::Pin> all, agent::installed_files(config));
  for (const plugin::Pin& each : all) {
    const auto file = plugin::read_candidate(each.file);
    if (file && file->sha256 == sha256) return each.file;
  }
  return fail(Errc::not_found, "no installed plugin file has sha256 " + sha256,
              "name the file itself");
}

Result<void> trust(const TrustOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(plugin::TrustRules rules, agent::trust_rules(config));
  std::filesystem::path path = std::filesystem::absolute(options.subject);
  if (plugin::is_sha256(options.subject)) {
    SUBNETD_TRY(path, file_with(config, options.subject));
  }
  SUBNETD_TRY(const auto file, plugin::read_candidate(path));
  json::Object object;
  object["id"] = file.note.id;
  object["version"] = file.note.version;
  object["sha256"] = file.sha256;
  object["file"] = path.string();
  if (plugin::Trust(rules).is_built_in(path)) {
    object["pinned_in"] = nullptr;  // it needs no pin
  } else {
    std::string why;
    rules.lock.put(entry_of(file, why));
    if (!why.empty()) note("pinned all the same: " + why);
    SUBNETD_CHECK(rules.lock.write());
    object["pinned_in"] = rules.lock.path().string();
  }
  SUBNETD_TRY(object["quarantine_lifted"], plugin::Quarantine(rules.state).clear(file.sha256));
  print_object(std::cout, style_of(options.output), object);
  return {};
}

}  // namespace

void add_plugin_trust(CLI::App& group, Chosen& chosen) {
  CLI::App* lock_command = group.add_subcommand(
      "lock", "Pin plugin files by their sha256, in the file that [plugins] lock names");
  auto lock_options = std::make_shared<TrustOptions>();
  lock_command->add_option("FILES", lock_options->files,
                           "All that are installed, but for the built-ins, when none is named");
  lock_command->add_option("--config", lock_options->config, "Its [plugins]")->type_name("FILE");
  add_output_options(*lock_command, lock_options->output);
  on_chosen(*lock_command, chosen, lock_options, lock);

  CLI::App* trust_command = group.add_subcommand(
      "trust", "Pin one plugin file and let it out of quarantine, for the next start");
  auto trust_options = std::make_shared<TrustOptions>();
  trust_command->add_option("FILE|SHA256", trust_options->subject, "The .sbn.so, or its sha256")
      ->required();
  trust_command->add_option("--config", trust_options->config, "Its [plugins] and [journal]")
      ->type_name("FILE");
  add_output_options(*trust_command, trust_options->output);
  on_chosen(*trust_command, chosen, trust_options, trust);
}

}  // namespace subnetd::cli
