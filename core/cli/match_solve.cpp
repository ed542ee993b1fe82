// SPDX-License-Identifier: 0BSD
// match solve: offline, who would check whom, by any installed matcher.
#include <iostream>

#include "agent/plugins.hpp"
#include "cli/command.hpp"
#include "cli/installed.hpp"
#include "cli/match_case.hpp"
#include "cli/match_load.hpp"
#include "cli/sources.hpp"
#include "domain/limits.hpp"
#include "plugin/matcher.hpp"

namespace subnetd::cli {
namespace {

struct SolveOptions {
  std::string config, nodes, previous, matcher;
  std::vector<std::string> set;
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> moves;
  std::optional<std::uint32_t> redundancy;
  bool stats = false;
  OutputChoice output;
};

// load_imbalance is the most loaded validator's load less the least loaded one's.
json::Object stats_of(const MatchCase& solved, const std::vector<std::uint32_t>& before,
                      const std::vector<sbn_match_move>& moves) {
  std::vector<std::uint64_t> load(solved.validators().size(), 0);
  std::uint64_t unmatched = 0, moved = 0, lost = 0;
  for (std::size_t i = 0; i < solved.current().size(); ++i) {
    const std::uint32_t now = solved.current()[i];
    if (now == SBN_NONE) {
      ++unmatched;
    } else {
      ++load[now];
    }
    if (before[i] != SBN_NONE && now != before[i]) ++(now == SBN_NONE ? lost : moved);
  }
  std::uint64_t most = 0, least = UINT64_MAX, sum = 0;
  for (const std::uint64_t each : load) {
    most = std::max(most, each);
    least = std::min(least, each);
    sum += each;
  }
  if (load.empty()) least = 0;
  json::Object reasons;
  constexpr const char* names[] = {"none",          "no_validator", "no_capacity",
                                   "own_validator", "not_distinct", "unknown_type"};
  for (const sbn_match_move& move : moves) {
    if (move.validator != SBN_NONE || move.reason > SBN_REASON_UNKNOWN_TYPE) continue;
    json::Value& count = reasons[names[move.reason]];
    count = (count.is_null() ? 0 : count.as_int64()) + 1;
  }
  json::Object object;
  object["miners"] = solved.miners().size();
  object["validators"] = solved.validators().size();
  object["matched"] = solved.current().size() - unmatched;
  object["unmatched"] = unmatched;
  object["unmatched_reasons"] = std::move(reasons);
  object["moved"] = moved + lost;
  object["load_max"] = most;
  object["load_min"] = least;
  object["load_mean"] =
      load.empty() ? 0.0 : static_cast<double>(sum) / static_cast<double>(load.size());
  object["load_imbalance"] = most - least;
  return object;
}

void print_rows(const MatchCase& solved, Style style) {
  Rows rows(std::cout, style, {"miner", "validator"});
  for (std::size_t i = 0; i < solved.current().size(); ++i) {
    const std::uint32_t now = solved.current()[i];
    rows.add({solved.miners()[i / solved.redundancy()],
              now == SBN_NONE ? Cell() : Cell(solved.validators()[now])});
  }
  rows.finish();
}

void print_picture(const MatchCase& solved) {
  std::vector<ValidatorLoad> loads;
  for (std::size_t v = 0; v < solved.validators().size(); ++v) {
    loads.push_back({solved.validators()[v], 0, solved.capacity()[v]});
  }
  std::uint64_t unmatched = 0;
  for (const std::uint32_t v : solved.current()) {
    if (v == SBN_NONE) {
      ++unmatched;
    } else {
      ++loads[v].load;
    }
  }
  std::cout << load_picture(std::move(loads), unmatched);
}

Result<void> solve(const SolveOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(const plugin::Catalogue catalogue, agent::open_catalogue(config));
  SUBNETD_TRY(plugin::DetectorChain detectors, make_detectors(catalogue, config));
  const bool own = options.matcher.empty() || options.matcher == config.matcher.use;
  SUBNETD_TRY(const std::string settings,
              with_set(own ? config.matcher.settings.json : "{}", options.set));
  SUBNETD_TRY(auto instance,
              instantiate(catalogue, SBN_KIND_MATCHER, own ? config.matcher.use : options.matcher,
                          settings, own ? "[matcher]" : "--matcher"));
  plugin::Matcher matcher(std::move(instance));

  MatchCase problem(detectors, options.redundancy.value_or(config.matcher.redundancy));
  SUBNETD_CHECK(problem.read_nodes(options.nodes));
  if (!options.previous.empty()) SUBNETD_CHECK(problem.read_previous(options.previous));
  const std::vector<std::uint32_t> before = problem.current();
  const auto view =
      problem.view(options.seed, options.moves.value_or(config.matcher.moves_per_minute));
  matcher.instance().set_moment(0, options.seed);
  const plugin::Moves moves = matcher.solve(view);
  const auto judged = matcher.instance().stats();
  if (judged.failures + judged.violations != 0) {
    return fail(Errc::plugin, matcher.instance().id() + ": " + judged.reason);
  }
  if (const std::string broken = plugin::find_violation(view, moves, true); !broken.empty()) {
    return fail(Errc::plugin, matcher.instance().id() + " broke a hard rule: " + broken);
  }
  problem.apply(moves);
  if (options.output.format == "svg") {
    print_picture(problem);
  } else if (options.stats) {
    std::cout << json::serialize(stats_of(problem, before, moves)) << '\n';
  } else {
    print_rows(problem, style_of(options.output));
  }
  return {};
}

}  // namespace

void add_match_solve(CLI::App& group, Chosen& chosen) {
  CLI::App* command = group.add_subcommand("solve", "Offline: who would check whom");
  auto options = std::make_shared<SolveOptions>();
  command
      ->add_option("--nodes", options->nodes,
                   "JSON Lines: {\"kind\":\"validator\",\"id\",\"model_types\",\"capacity\","
                   "\"reliability_ppm\"} and {\"kind\":\"miner\",\"id\",\"model_type\" or "
                   "\"namespace\"}; \"-\" is stdin")
      ->required()
      ->type_name("FILE");
  command->add_option("--previous", options->previous, "The rows of an earlier run, tsv or jsonl")
      ->type_name("FILE");
  command->add_option("--matcher", options->matcher, "Which one; [matcher] use otherwise")
      ->type_name("ID");
  command->add_option("--set", options->set, "A setting of the matcher, again and again")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_option("--seed", options->seed, "For matchers that draw lots")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--moves", options->moves,
                   "How many earlier rows may change; [matcher] moves_per_minute otherwise")
      ->type_name("N");
  command
      ->add_option("--redundancy", options->redundancy,
                   "Validators a miner; [matcher] redundancy otherwise")
      ->check(CLI::Range(1u, limits::redundancy_max))
      ->type_name("K");
  command->add_flag("--stats", options->stats, "Print counts and load as JSON, not the rows");
  command->add_option("--config", options->config, "Its plugins, detectors and matcher")
      ->type_name("FILE");
  add_output_options(*command, options->output, {"svg"});
  on_chosen(*command, chosen, options, solve);
}

}  // namespace subnetd::cli
