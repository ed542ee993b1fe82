// SPDX-License-Identifier: 0BSD
// backup: a consistent copy of a journal, also of one in use.
#include <iostream>

#include "cli/command.hpp"
#include "cli/journal_file.hpp"
#include "cli/sources.hpp"
#include "engine/engine.hpp"
#include "journal/backup.hpp"

namespace subnetd::cli {
namespace {

struct BackupOptions : JournalOptions {
  std::string out;
  OutputChoice output;
};

Result<void> back_up(const BackupOptions& options) {
  SUBNETD_TRY(const std::string path, journal_path(options));
  SUBNETD_TRY(const journal::BackupReport report, 
              journal::backup(path, options.out, engine::apply_stored));
  json::Object object;
  object["file"] = options.out;
  object["head"] = report.head;
  object["bytes"] = report.bytes;
  object["sha256"] = report.sha256;
  print_object(std::cout, style_of(options.output), object);
  return {};
}

}  // namespace

void add_journal_options(CLI::App& command, JournalOptions& options) {
  command.add_option("--config", options.config, "Its [journal] path")->type_name("FILE");
  command.add_option("--journal", options.journal, "The journal itself")->type_name("FILE");
}

Result<std::string> journal_path(const JournalOptions& options) {
  if (!options.journal.empty()) return options.journal;
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  return config.journal.path;
}

void add_backup(CLI::App& root, Chosen& chosen) {
  CLI::App* command =
      root.add_subcommand("backup", "A checked copy of a journal, also of one in use");
  auto options = std::make_shared<BackupOptions>();
  command->add_option("FILE", options->out, "The copy; must not exist")->required();
  add_journal_options(*command, *options);
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, back_up);
}

}  // namespace subnetd::cli
