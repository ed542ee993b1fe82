// SPDX-License-Identifier: 0BSD
// explain ID: why a node is typed, matched, scored, paid or flagged as it is.
#include <iostream>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"
#include "cli/reasons.hpp"
#include "net/http_types.hpp"

namespace subnetd::cli {
namespace {

struct ExplainOptions : DaemonOptions {
  std::string id;
};

// JSON as the API gives it, else a row for each reason.
Result<void> explain(const ExplainOptions& options) {
  const std::string path = "explain/" + net::percent_encode(options.id);
  const Style style = style_of(options.output);
  if (style.format == Format::json || style.format == Format::jsonl) {
    return print_one(options, path);
  }
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "GET", path));
  Rows rows(std::cout, style, {"about", "because"});
  for (const Reason& reason : reasons_of(reply.body)) rows.add({reason.about, reason.because});
  rows.finish();
  return {};
}

}  // namespace

// "typed", "matched", …, then what the plugins say, then what happened, newest first.
std::vector<Reason> reasons_of(const json::Value& explanation) {
  std::vector<Reason> reasons;
  const json::Object* object = explanation.if_object();
  if (object == nullptr) return reasons;
  const json::Value* why = object->if_contains("why");
  if (why != nullptr && why->is_object()) {
    for (const auto& member : why->get_object()) {
      reasons.push_back({std::string(member.key()), Cell::of(member.value()).text()});
    }
  }
  const json::Value* lines = object->if_contains("lines");
  if (lines != nullptr && lines->is_array()) {
    for (const json::Value& line : lines->get_array()) {
      reasons.push_back({"plugin", Cell::of(line).text()});
    }
  }
  const json::Value* timeline = object->if_contains("timeline");
  if (timeline != nullptr && timeline->is_array()) {
    for (const json::Value& event : timeline->get_array()) {
      if (!event.is_object()) continue;
      std::string text;
      for (const auto& member : event.get_object()) {
        const std::string value = Cell::of(member.value()).text();
        if (!value.empty()) text += (text.empty() ? "" : ", ") + value;
      }
      reasons.push_back({"happened", text});
    }
  }
  return reasons;
}

void add_explain(CLI::App& root, Chosen& chosen) {
  CLI::App* command = root.add_subcommand(
      "explain", "Why a node is typed, matched, scored, paid or flagged as it is");
  auto options = std::make_shared<ExplainOptions>();
  command->add_option("ID", options->id, "A miner or validator")->required();
  add_daemon_options(*command, *options);
  on_chosen(*command, chosen, options, explain);
}

}  // namespace subnetd::cli
