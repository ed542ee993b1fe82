// SPDX-License-Identifier: 0BSD
// plugin list, info: what is installed, and why a file was refused. check is in plugin_check.cpp,
// lock and trust in plugin_trust.cpp.
#include <iostream>

#include "agent/plugins.hpp"
#include "cli/command.hpp"
#include "cli/sources.hpp"
#include "subnet/abi.h"

namespace subnetd::cli {
namespace {

constexpr std::size_t schema_bytes_max = 1024 * 1024;

struct PluginOptions {
  std::string config, kind, subject;
  OutputChoice output;
};

std::string abi_text(const plugin::Note& note) {
  return std::to_string(note.abi_major) + "." + std::to_string(note.abi_minor);
}

Result<plugin::Catalogue> catalogue_of(const PluginOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  return agent::open_catalogue(config);
}

Result<void> list(const PluginOptions& options) {
  SUBNETD_TRY(const plugin::Catalogue catalogue, catalogue_of(options));
  Rows rows(std::cout, style_of(options.output),
            {"id", "kind", "version", "trust", "isolation", "state", "file", "summary"});
  for (const plugin::Offer& offer : catalogue.offers()) {
    const std::string kind = short_kind(offer.component->kind);
    if (!options.kind.empty() && options.kind != kind) continue;
    rows.add({offer.id(), kind, offer.library->version(), offer.library->standing().words(),
              offer.library->guest() != nullptr ? "process" : "inproc", "ok",
              offer.library->path().string(), offer.component->summary});
  }
  if (options.kind.empty()) {
    for (const plugin::Refusal& refusal : catalogue.refusals()) {
      rows.add({refusal.id.empty() ? Cell() : Cell(refusal.id), Cell(), Cell(), Cell(), Cell(),
                refusal.held ? "quarantined" : "refused", refusal.file.string(),
                refusal.error.message + (refusal.error.hint.empty() ? "" : "; ") +
                    refusal.error.hint});
    }
  }
  rows.finish();
  return {};
}

json::Object card(const plugin::Library& library) {
  json::Object object;
  object["id"] = library.id();
  object["version"] = library.version();
  object["vendor"] = library.vendor();
  object["abi"] = abi_text(library.note());
  object["file"] = library.path().string();
  object["sha256"] = library.sha256();
  object["trust"] = library.standing().words();
  object["isolation"] = library.guest() != nullptr ? "process" : "inproc";
  json::Array components;
  for (const plugin::ComponentView& component : library.components()) {
    json::Object each;
    each["id"] = library.id() + "/" + component.id;
    each["kind"] = component.kind;
    each["summary"] = component.summary;
    each["concurrent"] = (component.flags & SBN_F_CONCURRENT) != 0;
    each["deterministic"] = (component.flags & SBN_F_DETERMINISTIC) != 0;
    auto schema = json::parse(component.schema, schema_bytes_max);
    each["settings"] = schema ? *schema : json::Value(nullptr);
    components.push_back(std::move(each));
  }
  object["components"] = std::move(components);
  return object;
}

// A file, a plugin's id, a component's id or its bare name.
Result<std::shared_ptr<plugin::Library>> find_library(const PluginOptions& options) {
  const std::string& subject = options.subject;
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  if (subject.ends_with(".sbn.so")) {
    SUBNETD_TRY(plugin::TrustRules rules, agent::trust_rules(config));
    SUBNETD_TRY(const auto file, plugin::read_candidate(std::filesystem::absolute(subject)));
    return plugin::Library::load(file, std::make_shared<const plugin::Trust>(std::move(rules)));
  }
  SUBNETD_TRY(const plugin::Catalogue catalogue, agent::open_catalogue(config));
  for (const plugin::Refusal& refusal : catalogue.refusals()) {
    if (refusal.id == subject) return std::unexpected(refusal.error);
  }
  for (const plugin::Offer& offer : catalogue.offers()) {
    if (offer.id() == subject || offer.library->id() == subject || offer.component->id == subject) {
      return offer.library;
    }
  }
  return fail(Errc::not_found, "no installed plugin is called \"" + subject + "\"",
              "subnetd plugin list");
}

Result<void> show(const PluginOptions& options) {
  SUBNETD_TRY(const auto library, find_library(options));
  print_object(std::cout, style_of(options.output), card(*library));
  return {};
}

}  // namespace

std::string short_kind(const std::string& kind) {
  const std::size_t dot = kind.find('.'), slash = kind.find('/');
  if (dot == kind.npos || slash == kind.npos || slash < dot) return kind;
  return kind.substr(dot + 1, slash - dot - 1);
}

void add_plugin(CLI::App& root, Chosen& chosen) {
  CLI::App* group =
      root.add_subcommand("plugin", "Plugins: what is installed, and whether it keeps the rules");
  group->require_subcommand(1);

  CLI::App* list_command = group->add_subcommand("list", "Every component, and every refused file");
  auto list_options = std::make_shared<PluginOptions>();
  list_command->add_option("--config", list_options->config, "Its [plugins]")->type_name("FILE");
  one_of(list_command->add_option("--kind", list_options->kind, "Only components of this kind"),
         {"detector", "matcher", "validator", "emission"});
  add_output_options(*list_command, list_options->output);
  on_chosen(*list_command, chosen, list_options, list);

  CLI::App* info_command = group->add_subcommand("info", "One plugin, with its settings' schema");
  auto info_options = std::make_shared<PluginOptions>();
  info_command->add_option("PLUGIN", info_options->subject, "An id, or a file .sbn.so")->required();
  info_command->add_option("--config", info_options->config, "Its [plugins]")->type_name("FILE");
  add_output_options(*info_command, info_options->output);
  on_chosen(*info_command, chosen, info_options, show);

  add_plugin_check(*group, chosen);
  add_plugin_new(*group, chosen);
  add_plugin_trust(*group, chosen);
  add_plugin_reload(*group, chosen);
}

}  // namespace subnetd::cli
