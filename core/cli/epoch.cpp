// SPDX-License-Identifier: 0BSD
// epoch list, show, close: the epochs of a running daemon and what they paid.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "cli/command.hpp"
#include "cli/daemon_client.hpp"

namespace subnetd::cli {
namespace {

struct ShowOptions : DaemonOptions {
  std::uint64_t epoch = 0;
};

// The row that would go on chain, and what the chain would hold against it.
void note_weights(const json::Object& epoch) {
  const json::Value* found = epoch.if_contains("weights");
  const json::Object* weights = found == nullptr ? nullptr : found->if_object();
  if (weights == nullptr) return;
  const auto list = [&](std::string_view name) {
    const json::Value* value = at_path(*weights, name);
    return value == nullptr ? nullptr : value->if_array();
  };
  const json::Array *uids = list("uids"), *values = list("values"), *broken = list("broken_rules");
  if (uids == nullptr || values == nullptr || broken == nullptr) return;
  constexpr std::size_t shown_max = 16;
  const auto text = [](const json::Object& object, std::string_view name) {
    const json::Value* value = at_path(object, name);
    return value == nullptr ? std::string() : Cell::of(*value).text();
  };
  std::string line = "weights (" + text(*weights, "chain") + "):";
  for (std::size_t i = 0; i < std::min({uids->size(), values->size(), shown_max}); ++i) {
    line += " " + Cell::of((*uids)[i]).text() + ":" + Cell::of((*values)[i]).text();
  }
  if (uids->size() > shown_max) {
    line += " and " + std::to_string(uids->size() - shown_max) + " more";
  }
  note(line);
  for (const json::Value& rule : *broken) {
    if (const json::Object* object = rule.if_object()) {
      note("the chain would refuse it, " + text(*object, "rule") + ": " + text(*object, "why"));
    }
  }
}

// JSON as the API gives it; else the amounts as rows on stdout and the sums beside them on stderr.
Result<void> show(const ShowOptions& options) {
  SUBNETD_TRY(const DaemonReply reply,
              call_daemon(options, "GET", "epochs/" + std::to_string(options.epoch)));
  const json::Object* epoch = reply.body.if_object();
  if (epoch == nullptr) return fail(Errc::peer, "the answer is no object");
  const Style style = style_of(options.output);
  const json::Value* rows_value = epoch->if_contains("rows");
  const json::Array* paid = rows_value == nullptr ? nullptr : rows_value->if_array();
  if (style.format == Format::json || style.format == Format::jsonl || paid == nullptr) {
    print_object(std::cout, style, *epoch);
    return {};
  }
  for (const auto& member : *epoch) {
    if (member.value().is_array() || member.value().is_null()) continue;
    if (member.value().is_object()) continue;
    note(std::string(member.key()) + ": " + Cell::of(member.value()).text());
  }
  note_weights(*epoch);
  const std::vector<std::string> columns{
      "uid",       "id",        "role",      "amount_nano", "score_sum_ppm", "score_count",
      "incentive", "dividends", "consensus", "trust",       "deviation_ppm", "own_ppm",
      "mutual_ppm", "parent",    "fee_bp",    "before_nano", "why_moved"};
  Rows rows(std::cout, style, columns);
  for (const json::Value& row : *paid) {
    const json::Object* object = row.if_object();
    if (object == nullptr) continue;
    std::vector<Cell> cells;
    for (const std::string& column : columns) {
      const json::Value* value = at_path(*object, column);
      cells.push_back(value == nullptr ? Cell() : Cell::of(*value));
    }
    rows.add(std::move(cells));
  }
  rows.finish();
  return {};
}

// A closed epoch is paid soon after, or held.
Result<void> wait_for_payment(const DaemonOptions& options, const std::string& epoch) {
  constexpr std::chrono::milliseconds pause{50}, patience{10'000};
  for (std::chrono::milliseconds waited{0}; waited < patience; waited += pause) {
    SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "GET", "epochs/" + epoch));
    const json::Object* now = reply.body.if_object();
    const json::Value* status = now == nullptr ? nullptr : at_path(*now, "status");
    if (status == nullptr || Cell::of(*status).text() == "emitted") return {};
    if (Cell::of(*status).text() == "held") {
      const json::Value* reason = at_path(*now, "held_reason");
      return fail(Errc::refused,
                  "epoch " + epoch + " is held, nobody is paid yet: " +
                      (reason == nullptr ? "" : Cell::of(*reason).text()),
                  "mend it and run `subnetd epoch close` again, or wait: it is tried by itself");
    }
    std::this_thread::sleep_for(pause);
  }
  note("epoch " + epoch + " is closed and not paid yet: see `subnetd epoch list`");
  return {};
}

Result<void> close(const DaemonOptions& options) {
  const json::Value body = json::Object{};
  SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "POST", "epochs/close", &body));
  const json::Object* object = reply.body.if_object();
  if (object == nullptr) return fail(Errc::peer, "the answer is no object");
  print_object(std::cout, style_of(options.output), *object);
  std::cout.flush();
  const json::Value* epoch = object->if_contains("epoch");
  return epoch == nullptr ? Result<void>{} : wait_for_payment(options, Cell::of(*epoch).text());
}

}  // namespace

void add_epoch(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("epoch", "Epochs and what they paid");
  group->require_subcommand(1);

  CLI::App* list_command = group->add_subcommand("list", "All epochs");
  auto list_options = std::make_shared<DaemonOptions>();
  add_daemon_options(*list_command, *list_options);
  on_chosen(*list_command, chosen, list_options, [](const DaemonOptions& given) {
    return print_list(given, "epochs",
                      {"epoch", "status", "closed_at", "policy", "budget_nano", "paid_nano",
                       "founder_nano", "dust_nano", "unallocated_nano"});
  });

  CLI::App* show_command = group->add_subcommand("show", "What one epoch paid to whom");
  auto show_options = std::make_shared<ShowOptions>();
  show_command->add_option("N", show_options->epoch, "The epoch's number")->required();
  add_daemon_options(*show_command, *show_options);
  on_chosen(*show_command, chosen, show_options, show);

  CLI::App* close_command = group->add_subcommand("close", "Close the running epoch now");
  auto close_options = std::make_shared<DaemonOptions>();
  add_daemon_options(*close_command, *close_options);
  add_signing_options(*close_command, *close_options);
  on_chosen(*close_command, chosen, close_options, close);
}

}  // namespace subnetd::cli
