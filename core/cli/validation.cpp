// SPDX-License-Identifier: 0BSD
// validation list: the latest verdicts. validate MINER: one validation out of turn.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "net/http_types.hpp"

namespace subnetd::cli {
namespace {

struct ListOptions : DaemonOptions {
  std::string miner, since;
};

struct ValidateOptions : DaemonOptions {
  std::string miner;
};

constexpr std::int64_t validate_deadline_ms = 610'000;  // the longest [validation] deadline_ms

Result<void> list(const ListOptions& options) {
  std::string path = "validations";
  char mark = '?';
  if (!options.miner.empty()) {
    path += mark + ("miner=" + net::percent_encode(options.miner));
    mark = '&';
  }
  if (!options.since.empty()) path += mark + ("since=" + net::percent_encode(options.since));
  return print_list(options, path,
                    {"at", "request", "miner", "validator", "outcome", "score_ppm", "retry"});
}

Result<void> validate(const ValidateOptions& options) {
  const json::Value body = json::Object{};
  const std::string path = "miners/" + net::percent_encode(options.miner) + "/validate";
  SUBNETD_TRY(const DaemonReply reply,
              call_daemon(options, "POST", path, &body, validate_deadline_ms));
  if (reply.status == 202) note("no verdict yet: the validation is still under way");
  if (const json::Object* object = reply.body.if_object()) {
    print_object(std::cout, style_of(options.output), *object);
  }
  return {};
}

}  // namespace

void add_validation(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("validation", "Verdicts");
  group->require_subcommand(1);
  CLI::App* list_command = group->add_subcommand("list", "The latest verdicts");
  auto list_options = std::make_shared<ListOptions>();
  list_command->add_option("--miner", list_options->miner, "Of this miner")->type_name("ID");
  list_command
      ->add_option("--since", list_options->since,
                   "At or after this time, as 2026-01-31T12:00:00Z or UTC milliseconds")
      ->type_name("TIME");
  add_daemon_options(*list_command, *list_options);
  on_chosen(*list_command, chosen, list_options, list);

  CLI::App* command = root.add_subcommand("validate", "Validate one miner now");
  auto options = std::make_shared<ValidateOptions>();
  command->add_option("MINER", options->miner, "A miner's id")->required();
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);
  on_chosen(*command, chosen, options, validate);
}

}  // namespace subnetd::cli
