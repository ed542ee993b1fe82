// SPDX-License-Identifier: 0BSD
// namespace add, remove, list: an operator's word on what a namespace is.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "net/http_types.hpp"

namespace subnetd::cli {
namespace {

struct PatternOptions : DaemonOptions {
  std::string pattern, model_type;
};

Result<void> add(const PatternOptions& options) {
  const json::Value body{{"pattern", options.pattern}, {"model_type", options.model_type}};
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "POST", "namespaces", &body));
  if (const json::Object* object = reply.body.if_object()) {
    print_object(std::cout, style_of(options.output), *object);
  }
  return {};
}

Result<void> remove(const PatternOptions& options) {
  const std::string path = "namespaces/" + net::percent_encode(options.pattern);
  SUBNETD_CHECK(call_daemon(options, "DELETE", path));
  note("\"" + options.pattern + "\" is mapped no more");
  return {};
}

}  // namespace

void add_namespace(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("namespace", "Mappings of namespaces to model types");
  group->require_subcommand(1);

  CLI::App* add_command =
      group->add_subcommand("add", "Say what a namespace is; detectors are not asked then");
  auto options = std::make_shared<PatternOptions>();
  add_command->add_option("PATTERN", options->pattern, "A namespace, or a glob with * and ?")
      ->required();
  add_command->add_option("TYPE", options->model_type, "A model type")->required();
  add_daemon_options(*add_command, *options);
  add_signing_options(*add_command, *options);
  on_chosen(*add_command, chosen, options, add);

  CLI::App* remove_command =
      group->add_subcommand("remove", "Take a mapping back; what it decided is detected again");
  auto remove_options = std::make_shared<PatternOptions>();
  remove_command->add_option("PATTERN", remove_options->pattern, "As namespace list shows it")
      ->required();
  add_daemon_options(*remove_command, *remove_options);
  add_signing_options(*remove_command, *remove_options);
  on_chosen(*remove_command, chosen, remove_options, remove);

  CLI::App* list_command = group->add_subcommand("list", "All mappings");
  auto list_options = std::make_shared<DaemonOptions>();
  add_daemon_options(*list_command, *list_options);
  on_chosen(*list_command, chosen, list_options, [](const DaemonOptions& given) {
    return print_list(given, "namespaces", {"pattern", "model_type"});
  });
}

}  // namespace subnetd::cli
