// SPDX-License-Identifier: 0BSD
// miner and validator: list, show, register, update, remove. Both roles are one tree of commands;
// what only one of them has is added where the role is known.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "domain/node.hpp"
#include "net/http_types.hpp"

namespace subnetd::cli {
namespace {

// What was given of a record; CLI11 leaves the rest empty.
struct NodeOptions : DaemonOptions {
  Role role = Role::miner;
  std::string id;
  std::optional<std::string> node_key, name_space, endpoint, protocol, method, task, region, status;
  std::vector<std::string> specializations;
  std::optional<std::uint32_t> capacity;
  std::optional<std::uint64_t> stake_nano;
  std::optional<std::string> parent;
  std::optional<std::uint16_t> fee_bp;
  bool all = false;  // redetect
};

std::string collection(Role role) {
  return role == Role::miner ? "miners" : "validators";
}

std::string path_of(const NodeOptions& options) {
  return collection(options.role) + "/" + net::percent_encode(options.id);
}

json::Object body_of(const NodeOptions& options) {
  json::Object body;
  const auto put = [&body](const char* name, const auto& value) {
    if (value) body[name] = *value;
  };
  put("key", options.node_key);
  put("namespace", options.name_space);
  put("endpoint", options.endpoint);
  put("protocol", options.protocol);
  put("method", options.method);
  put("task", options.task);
  put("region", options.region);
  put("status", options.status);
  put("capacity", options.capacity);
  put("stake_nano", options.stake_nano);
  put("parent", options.parent);
  put("fee_bp", options.fee_bp);
  if (!options.specializations.empty()) {
    json::Array types;
    for (const std::string& type : options.specializations) types.emplace_back(type);
    body["specializations"] = std::move(types);
  }
  return body;
}

Result<void> send(const NodeOptions& options, const std::string& method, const std::string& path,
                  json::Object object) {
  const json::Value body = std::move(object);
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, method, path, &body));
  if (const json::Object* answer = reply.body.if_object()) {
    print_object(std::cout, style_of(options.output), *answer);
  }
  return {};
}

Result<void> list(const NodeOptions& options) {
  const std::vector<std::string> columns =
      options.role == Role::miner
          ? std::vector<std::string>{"id",     "uid",    "namespace", "model_type",
                                     "status", "reason", "score_ppm", "reliability_ppm"}
          : std::vector<std::string>{"id",   "uid",    "specializations", "capacity",
                                     "load", "status", "reason",          "reliability_ppm"};
  return print_list(options, collection(options.role), columns);
}

Result<void> show(const NodeOptions& options) {
  return print_one(options, path_of(options));
}

Result<void> register_node(const NodeOptions& options) {
  json::Object body = body_of(options);
  body["id"] = options.id;
  return send(options, "POST", collection(options.role), std::move(body));
}

Result<void> update(const NodeOptions& options) {
  json::Object body = body_of(options);
  if (body.empty()) return fail(Errc::malformed, "nothing to change: no option is given");
  return send(options, "PATCH", path_of(options), std::move(body));
}

Result<void> remove(const NodeOptions& options) {
  SUBNETD_CHECK(call_daemon(options, "DELETE", path_of(options)));
  note(options.id + " is removed");
  return {};
}

constexpr std::int64_t redetect_deadline_ms = 600'000;  // ten million names

Result<void> redetect(const NodeOptions& options) {
  if (options.id.empty() && !options.all) {
    return fail(Errc::malformed, "it is not said of which miner", "name one, or say --all");
  }
  json::Object object;
  if (!options.id.empty()) object["miner"] = options.id;
  const json::Value body = std::move(object);
  if (options.id.empty()) note("the detectors are asked again of all miners");
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "POST", "miners/redetect", &body,
                                                   redetect_deadline_ms));
  if (const json::Object* answer = reply.body.if_object()) {
    print_object(std::cout, style_of(options.output), *answer);
  }
  return {};
}

void add_redetect(CLI::App& group, Chosen& chosen) {
  CLI::App* command = group.add_subcommand(
      "redetect", "Have the detectors asked again, after a change of their rules; operators only");
  auto options = std::make_shared<NodeOptions>();
  CLI::Option* one = command->add_option("ID", options->id, "The miner's id");
  command->add_flag("--all", options->all, "All miners")->excludes(one);
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);
  on_chosen(*command, chosen, options, redetect);
}

void add_record_options(CLI::App& command, NodeOptions& options) {
  command.add_option("--namespace", options.name_space, "The model's name")->type_name("NAME");
  command.add_option("--endpoint", options.endpoint, "Where it listens")->type_name("URL");
  command.add_option("--node-key", options.node_key, "The owner's address")->type_name("SS58");
  one_of(command.add_option("--protocol", options.protocol, "How it is spoken to"),
         {"module", "openai", "classic"});
  command.add_option("--method", options.method, "What is called, generate by default")
      ->type_name("NAME");
  command.add_option("--region", options.region, "Where it stands")->type_name("NAME");
  if (options.role == Role::miner) {
    command.add_option("--task", options.task, "A hint for detectors")->type_name("NAME");
    return;
  }
  command
      .add_option("--specializations", options.specializations,
                  "The model types it can judge, \"*\" for every one")
      ->delimiter(',')
      ->type_name("TYPE,…");
  command.add_option("--capacity", options.capacity, "How many miners it takes")->type_name("N");
}

using Action = Result<void> (*)(const NodeOptions&);

CLI::App* add_action(CLI::App& group, Chosen& chosen, Role role, const char* name,
                     const char* about, Action action, std::shared_ptr<NodeOptions>& options) {
  CLI::App* command = group.add_subcommand(name, about);
  options = std::make_shared<NodeOptions>();
  options->role = role;
  if (action != list) command->add_option("ID", options->id, "The node's id")->required();
  on_chosen(*command, chosen, options, action);
  return command;
}

void add_role(CLI::App& root, Chosen& chosen, Role role, const char* about) {
  CLI::App* group = root.add_subcommand(role_name(role), about);
  group->require_subcommand(1);
  std::shared_ptr<NodeOptions> options;

  CLI::App* command = add_action(*group, chosen, role, "list", "All of them", list, options);
  add_daemon_options(*command, *options);
  command = add_action(*group, chosen, role, "show", "One of them", show, options);
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);

  command = add_action(*group, chosen, role, "register", "Register one", register_node, options);
  add_record_options(*command, *options);
  command->get_option("--endpoint")->required();
  command->get_option(role == Role::miner ? "--namespace" : "--specializations")->required();
  if (role == Role::validator) command->get_option("--capacity")->required();
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);

  command = add_action(*group, chosen, role, "update", "Change what is given", update, options);
  add_record_options(*command, *options);
  CLI::Option* status =
      one_of(command->add_option("--status", options->status, "What it does from now on"),
             {"active", "inactive", "draining"});
  if (role == Role::validator) {
    command
        ->add_flag_callback("--drain", [options] { options->status = "draining"; },
                            "The same as --status draining: no new miners, and those it has leave")
        ->excludes(status);
    command->add_option("--stake-nano", options->stake_nano, "Its stake")->type_name("NANO");
    command
        ->add_option("--parent", options->parent,
                     "The validator whose weights it takes over; \"\" for none")
        ->type_name("ID");
    command
        ->add_option("--fee-bp", options->fee_bp,
                     "What the parent keeps of its dividends, in basis points")
        ->type_name("BP");
  }
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);

  command = add_action(*group, chosen, role, "remove", "Deregister one", remove, options);
  add_daemon_options(*command, *options);
  add_signing_options(*command, *options);
  if (role == Role::miner) add_redetect(*group, chosen);
}

}  // namespace

void add_nodes(CLI::App& root, Chosen& chosen) {
  add_role(root, chosen, Role::miner, "Miners of a running daemon");
  add_role(root, chosen, Role::validator, "Validators of a running daemon");
}

}  // namespace subnetd::cli
