// SPDX-License-Identifier: 0BSD
// replay: rebuilds State from the facts of a journal, compares their bytes' hashes and the digests,
// turn by turn, and the whole content with what the latest snapshot leads to. Reads only; a daemon
// may be writing.
#include <cstdio>
#include <iostream>

#include "cli/command.hpp"
#include "cli/journal_file.hpp"
#include "cli/progress.hpp"
#include "engine/engine.hpp"
#include "journal/replay.hpp"

namespace subnetd::cli {
namespace {

struct ReplayOptions : JournalOptions {
  OutputChoice output;
};

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

Result<journal::Restored> rebuild(journal::JournalReader& reader, const char* what, bool from_start,
                                  std::uint64_t head) {
  Progress progress(what, head);
  const journal::Apply apply = [&progress](engine::State& state, const engine::Fact& fact) {
    progress.advance();
    return engine::apply_stored(state, fact);
  };
  return journal::replay(reader, apply, from_start, head);
}

json::Object report_of(const journal::Restored& restored, const std::string& path) {
  const engine::State& state = restored.state;
  json::Object object;
  object["journal"] = path;
  object["facts"] = state.facts;
  object["replayed"] = restored.facts_replayed;
  object["unhashed"] = restored.facts_unhashed;
  object["from_snapshot"] = restored.snapshot_seq;
  object["digest"] = hex(state.digest.value());
  object["content_hash"] = hex(engine::content_hash(state));
  object["miners"] = state.miner_count;
  object["validators"] = state.validator_index.size();
  object["verdicts"] = state.verdicts_total;
  object["last_epoch"] = state.epoch.last_emitted;
  return object;
}

// The state by the latest snapshot must be the one by the facts alone.
Result<bool> compare_snapshot(journal::JournalReader& reader, const json::Object& report,
                              std::uint64_t head) {
  SUBNETD_TRY(const auto snapshot, reader.snapshot_head());
  if (!snapshot || snapshot->seq > head) return false;
  SUBNETD_TRY(const journal::Restored restored, rebuild(reader, "snapshot", false, head));
  const std::string found = hex(engine::content_hash(restored.state));
  const std::string wanted(report.at("content_hash").get_string());
  if (found == wanted) return true;
  return fail(Errc::corrupt,
              "the snapshot at fact " + std::to_string(snapshot->seq) + " leads to content " +
                  found + ", the facts lead to " + wanted,
              journal::restore_hint);
}

Result<void> replay(const ReplayOptions& options) {
  SUBNETD_TRY(const std::string path, journal_path(options));
  SUBNETD_TRY(const auto reader, journal::JournalReader::open(path));
  SUBNETD_TRY(const std::uint64_t head, reader->head());
  if (head == 0) return fail(Errc::not_found, path + " holds no facts");
  auto restored = rebuild(*reader, "replay", true, head);
  bool whole = true;
  if (!restored && restored.error().code == Errc::not_found) {
    note("older facts were removed by [journal] keep: replaying from the latest snapshot");
    SUBNETD_CHECK(journal::check_bytes(reader->turns()));
    restored = rebuild(*reader, "replay", false, head);
    whole = false;
  }
  if (!restored) return std::unexpected(restored.error());
  json::Object report = report_of(*restored, path);
  restored->state = {};
  bool compared = false;
  if (whole) {
    SUBNETD_TRY(compared, compare_snapshot(*reader, report, head));
  }
  report["snapshot_compared"] = compared;
  report["result"] = "equal";
  print_object(std::cout, style_of(options.output), report);
  return {};
}

}  // namespace

void add_replay(CLI::App& root, Chosen& chosen) {
  CLI::App* command =
      root.add_subcommand("replay", "Rebuild the state from a journal and compare digests");
  auto options = std::make_shared<ReplayOptions>();
  add_journal_options(*command, *options);
  add_output_options(*command, options->output);
  on_chosen(*command, chosen, options, replay);
}

}  // namespace subnetd::cli
