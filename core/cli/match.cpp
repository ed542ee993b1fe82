// SPDX-License-Identifier: 0BSD
// match list: who checks whom in a running daemon. match solve is in match_solve.cpp.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "cli/match_load.hpp"

namespace subnetd::cli {

namespace {

// The loads as the daemon knows them.
Result<void> print_picture(const DaemonOptions& given) {
  const auto whole = [](const json::Object& object, const char* path) -> std::uint64_t {
    const json::Value* value = at_path(object, path);
    return value != nullptr && value->is_int64() ? static_cast<std::uint64_t>(value->get_int64())
                                                 : 0;
  };
  std::vector<ValidatorLoad> loads;
  SUBNETD_CHECK(each_item(given, "validators", [&](const json::Object& item) {
    const json::Value* id = at_path(item, "id");
    loads.push_back({id == nullptr ? "" : Cell::of(*id).text(), whole(item, "load"),
                     whole(item, "capacity")});
  }));
  std::uint64_t unmatched = 0;
  SUBNETD_CHECK(each_item(given, "matches", [&](const json::Object& item) {
    const json::Value* validator = at_path(item, "validator");
    unmatched += validator == nullptr || validator->is_null();
  }));
  std::cout << load_picture(std::move(loads), unmatched);
  return {};
}

}  // namespace

void add_match(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("match", "Who checks whom");
  group->require_subcommand(1);
  CLI::App* list_command = group->add_subcommand("list", "The matches of a running daemon");
  auto options = std::make_shared<DaemonOptions>();
  add_daemon_options(*list_command, *options, {"svg"});
  on_chosen(*list_command, chosen, options, [](const DaemonOptions& given) {
    if (given.output.format == "svg") return print_picture(given);
    return print_list(given, "matches", {"miner", "slot", "validator", "since", "reason"});
  });
  add_match_solve(*group, chosen);
}

}  // namespace subnetd::cli
