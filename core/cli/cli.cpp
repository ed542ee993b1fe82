// SPDX-License-Identifier: 0BSD
#include "cli/cli.hpp"

#include <algorithm>
#include <iostream>
#include <optional>
#include <string_view>

#include "cli/command.hpp"
#include "domain/text.hpp"

namespace subnetd::cli {
namespace {

constexpr const char* about =
    "Matches the miners of a subnet to validators, has them checked, and "
    "turns verdicts into emissions.";
constexpr const char* footer =
    "Results go to stdout, all else to stderr. Exit codes: 0 ok, 1 failed, 2 usage,\n"
    "3 configuration, plugin or damaged journal refused, 4 network unavailable, 130 and 143\n"
    "signals.";

void add_commands(CLI::App& root, Chosen& chosen) {
  add_demo(root, chosen);
  add_run(root, chosen);
  add_check(root, chosen);
  add_config(root, chosen);
  add_status(root, chosen);
  add_nodes(root, chosen);
  add_namespace(root, chosen);
  add_match(root, chosen);
  add_validation(root, chosen);
  add_epoch(root, chosen);
  add_explain(root, chosen);
  add_key(root, chosen);
  add_plugin(root, chosen);
  add_detect(root, chosen);
  add_emission(root, chosen);
  add_replay(root, chosen);
  add_backup(root, chosen);
  add_history(root, chosen);
  add_version(root, chosen);
}

// Where the words lead in the tree of commands, and what stands behind them.
struct Reached {
  CLI::App* command = nullptr;
  std::string path;                     // "subnetd miner register"
  std::vector<std::string_view> words;  // the rest
};

CLI::App* below(CLI::App& group, std::string_view name) {
  for (CLI::App* command : group.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

Reached reach(CLI::App& root, int argc, char** argv) {
  Reached out{&root, root.get_name(), {argv + 1, argv + argc}};
  while (!out.words.empty()) {
    CLI::App* next = below(*out.command, out.words.front());
    if (next == nullptr) break;
    out.command = next;
    out.path += " " + next->get_name();
    out.words.erase(out.words.begin());
  }
  return out;
}

Error unknown_word(std::string_view word, const std::string& message,
                   const std::vector<std::string>& names, const std::string& help) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto meant = did_you_mean(word, known);
  return {Errc::malformed, message,
          meant ? "did you mean \"" + std::string(*meant) + "\"?" : help + " --help"};
}

// The first word that is no command or no option here, and which was meant.
std::optional<Error> unknown_word(const Reached& at) {
  std::vector<std::string> names;
  for (CLI::App* command : at.command->get_subcommands([](CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  if (!names.empty() && !at.words.empty() && !at.words.front().starts_with('-')) {
    return unknown_word(at.words.front(),
                        "there is no command \"" + std::string(at.words.front()) + "\"", names,
                        at.path);
  }
  names.clear();
  for (const CLI::Option* option : at.command->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const std::string_view word : at.words) {
    const std::string_view name = word.substr(0, word.find('='));
    if (name == "--") break;
    if (!name.starts_with("--") || std::find(names.begin(), names.end(), name) != names.end()) {
      continue;
    }
    return unknown_word(name, "\"" + at.path + "\" has no option " + std::string(name), names,
                        at.path);
  }
  return std::nullopt;
}

// CLI11's own codes are 100 and above.
int end_of_parsing(CLI::App& root, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return root.exit(error, std::cout, std::cerr);
  const Reached at = reach(root, argc, argv);
  const bool is_group = !at.command->get_subcommands([](CLI::App*) { return true; }).empty();
  if (is_group && at.words.empty()) {
    const std::size_t last = at.path.rfind(' ');
    std::cerr << at.command->help(last == at.path.npos ? "" : at.path.substr(0, last));
    return number(ExitCode::usage);
  }
  std::string told = error.what();
  constexpr std::string_view unread = "Could not convert: ";
  if (told.starts_with(unread)) told = "no such value: " + told.substr(unread.size());
  print_error(
      unknown_word(at).value_or(Error{Errc::malformed, std::move(told), at.path + " --help"}));
  return number(ExitCode::usage);
}

}  // namespace

CLI::Option* one_of(CLI::Option* option, const std::vector<std::string>& words) {
  std::string shown;
  for (const std::string& word : words) shown += (shown.empty() ? "" : "|") + word;
  return option->check(CLI::IsMember(words).description(""))->type_name(shown);
}

void add_output_options(CLI::App& command, OutputChoice& choice,
                        const std::vector<std::string>& more) {
  std::vector<std::string> formats{"table", "json", "jsonl", "tsv"};
  formats.insert(formats.end(), more.begin(), more.end());
  one_of(command.add_option("--output", choice.format, "table on a terminal, else tsv"), formats);
  command.add_flag("--no-color", choice.no_color, "No colour, as with NO_COLOR");
}

int run(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  CLI::App root(about, "subnetd");
  root.require_subcommand(1);
  root.set_version_flag("--version", "subnetd " SUBNETD_VERSION);
  Chosen chosen;
  add_commands(root, chosen);
  root.footer(footer);  // afterwards, as commands take over what stands at their parent
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(root, error, argc, argv);
  }
  const Result<int> end = chosen();
  std::cout.flush();
  if (!end) {
    print_error(end.error());
    return number(exit_code_of(end.error().code));
  }
  if (!std::cout) {
    print_error({Errc::io, "cannot write to stdout", ""});
    return number(ExitCode::failed);
  }
  return *end;
}

}  // namespace subnetd::cli
