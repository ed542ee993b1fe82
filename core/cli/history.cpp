// SPDX-License-Identifier: 0BSD
// history: validations, epochs and the life of a node, read from the journal file beside the
// daemon.
#include <iostream>

#include "api/object_text.hpp"
#include "api/query.hpp"
#include "api/views.hpp"
#include "cli/command.hpp"
#include "cli/journal_file.hpp"
#include "domain/node.hpp"
#include "journal/history.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t page_items = 500;

struct HistoryOptions : JournalOptions {
  std::string miner, id, since;
  std::uint64_t epoch = 0;
  std::uint64_t limit = 1000;
  OutputChoice output;
};

// As the API shows it.
Cell time_cell(std::int64_t utc_ms) {
  std::string text;
  api::append_time(text, utc_ms);
  return Cell(text.substr(1, text.size() - 2));
}

Cell or_none(const std::string& text) {
  return text.empty() ? Cell() : Cell(text);
}

Result<std::unique_ptr<journal::History>> open_history(const HistoryOptions& options) {
  SUBNETD_TRY(const std::string path, journal_path(options));
  return journal::History::open(path);
}

// `page(before, limit)` again and again, until the limit or the end.
template <class Page, class Each>
Result<void> each_item(std::uint64_t limit, Page page, Each each) {
  std::optional<std::uint64_t> before;
  while (limit > 0) {
    SUBNETD_TRY(auto found, page(before, std::min<std::uint64_t>(limit, page_items)));
    for (const auto& item : found.items) each(item);
    limit -= std::min<std::uint64_t>(limit, found.items.size());
    before = found.next;
    if (!before) break;
  }
  return {};
}

Result<void> validations(const HistoryOptions& options) {
  SUBNETD_TRY(const std::int64_t since_ms, api::read_time_ms("--since", options.since));
  SUBNETD_TRY(const auto history, open_history(options));
  Rows rows(std::cout, style_of(options.output),
            {"at", "request", "miner", "validator", "outcome", "score_ppm", "retry"});
  SUBNETD_CHECK(each_item(
      options.limit,
      [&](auto before, std::size_t limit) {
        return history->validations(options.miner, since_ms, before, limit);
      },
      [&](const journal::ValidationItem& item) {
        rows.add({time_cell(item.at_ms), item.request, item.miner, item.validator,
                  api::outcome_name(item.outcome),
                  api::has_score(item.outcome) ? Cell(item.score_ppm) : Cell(),
                  or_none(item.retry)});
      }));
  rows.finish();
  return {};
}

Result<void> epochs(const HistoryOptions& options) {
  SUBNETD_TRY(const auto history, open_history(options));
  Rows rows(std::cout, style_of(options.output),
            {"epoch", "status", "closed_at", "policy", "budget_nano", "paid_nano", "founder_nano",
             "dust_nano", "unallocated_nano", "nodes"});
  SUBNETD_CHECK(each_item(
      options.limit, [&](auto before, std::size_t limit) { return history->epochs(before, limit); },
      [&](const journal::EpochItem& item) {
        const char* status = item.emitted ? "emitted" : item.held ? "held" : "closed";
        if (!item.emitted) {
          rows.add({item.epoch, status, time_cell(item.closed_at_ms), {}, {}, {}, {}, {}, {}, {}});
          return;
        }
        const std::uint64_t paid =
            item.budget_nano - item.founder_nano - item.dust_nano - item.unallocated_nano;
        rows.add({item.epoch, status, time_cell(item.closed_at_ms), item.policy, item.budget_nano,
                  paid, item.founder_nano, item.dust_nano, item.unallocated_nano, item.nodes});
      }));
  rows.finish();
  return {};
}

Result<void> epoch(const HistoryOptions& options) {
  SUBNETD_TRY(const auto history, open_history(options));
  Rows rows(std::cout, style_of(options.output),
            {"uid", "id", "role", "amount_nano", "score_sum_ppm", "score_count", "incentive",
             "dividends", "consensus"});
  SUBNETD_CHECK(each_item(
      UINT64_MAX,
      [&](auto from, std::size_t limit) -> Result<journal::Page<journal::EpochRow>> {
        SUBNETD_TRY(auto detail, history->epoch(options.epoch, from.value_or(0), limit));
        return std::move(detail.rows);
      },
      [&](const journal::EpochRow& row) {
        const journal::EpochNode& node = row.node;
        rows.add({row.uid, row.id, role_name(row.role), node.amount_nano, node.score_sum_ppm,
                  node.score_count, node.incentive, node.dividends, node.consensus});
      }));
  rows.finish();
  return {};
}

Result<void> node(const HistoryOptions& options) {
  SUBNETD_TRY(const auto history, open_history(options));
  Rows rows(std::cout, style_of(options.output), {"at", "what", "detail", "endpoint"});
  SUBNETD_CHECK(each_item(
      options.limit,
      [&](auto before, std::size_t limit) { return history->timeline(options.id, before, limit); },
      [&](const journal::NodeEventItem& item) {
        rows.add({time_cell(item.at_ms), item.what, or_none(item.detail), or_none(item.endpoint)});
      }));
  rows.finish();
  return {};
}

using Action = Result<void> (*)(const HistoryOptions&);

CLI::App* add_action(CLI::App& group, Chosen& chosen, const char* name, const char* about,
                     Action action, std::shared_ptr<HistoryOptions>& options) {
  CLI::App* command = group.add_subcommand(name, about);
  options = std::make_shared<HistoryOptions>();
  add_journal_options(*command, *options);
  if (action != epoch) {
    command->add_option("--limit", options->limit, "The newest so many")
        ->type_name("N")
        ->capture_default_str();
  }
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, action);
  return command;
}

}  // namespace

void add_history(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("history", "What happened, read from a journal");
  group->require_subcommand(1);
  std::shared_ptr<HistoryOptions> options;
  CLI::App* command =
      add_action(*group, chosen, "validations", "Verdicts, newest first", validations, options);
  command->add_option("--miner", options->miner, "Of this miner")->type_name("ID");
  command
      ->add_option("--since", options->since,
                   "At or after this time, as 2026-01-31T12:00:00Z or UTC milliseconds")
      ->type_name("TIME");
  add_action(*group, chosen, "epochs", "Epochs, newest first", epochs, options);
  command = add_action(*group, chosen, "epoch", "What one epoch paid to whom", epoch, options);
  command->add_option("N", options->epoch, "The epoch's number")->required();
  command = add_action(*group, chosen, "node", "The life of a node, newest first", node, options);
  command->add_option("ID", options->id, "A miner's or validator's id")->required();
}

}  // namespace subnetd::cli
