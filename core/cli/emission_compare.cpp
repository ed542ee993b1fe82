// SPDX-License-Identifier: 0BSD
// emission compare: what each of several policies would pay for the same epoch, and what a weight
// copier would earn under each.
#include "cli/emission_compare.hpp"

#include <algorithm>
#include <iostream>
#include <numeric>

#include "agent/plugins.hpp"
#include "cli/asked_policy.hpp"
#include "cli/daemon_client.hpp"
#include "cli/emission_case.hpp"
#include "cli/input_text.hpp"
#include "cli/sources.hpp"
#include "cli/svg.hpp"
#include "cli/weight_copier.hpp"
#include "domain/node.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t case_bytes_max = 1024 * 1024 * 1024;
constexpr std::size_t bars_max = 40;

struct CompareOptions : DaemonOptions {
  std::string config, policies, input;
  std::vector<std::string> set;
  std::uint64_t copier_stake_nano = 0;
  std::uint32_t epochs = 10;
};

// One policy, under a name of its own where it stands beside itself with other settings.
struct Contestant {
  std::string name, policy;

  // What its settings begin with: "yuma" of "subnetd.yuma/yuma".
  std::string scope() const { return name.substr(name.rfind('/') + 1); }
};

struct Answer {
  std::string name, policy;
  EmissionOutput paid;
  CopierEarnings copier;
};

Result<EmissionCase> case_of(const CompareOptions& options) {
  if (options.input.empty()) {
    SUBNETD_TRY(const DaemonReply reply, call_daemon(options, "GET", "emission/input"));
    return read_emission_case(reply.body);
  }
  SUBNETD_TRY(const std::string text, whole_text(options.input, case_bytes_max));
  SUBNETD_TRY(const json::Value value, json::parse(text, case_bytes_max));
  SUBNETD_TRY(const auto cases, emission_cases(value));
  if (cases.size() == 1) return read_emission_case(cases.front());
  return fail(Errc::malformed, "compare takes one case, there are " + std::to_string(cases.size()));
}

// "linear,yuma" or "old=yuma3,new=yuma3".
Result<std::vector<Contestant>> contestants_of(const std::string& list) {
  std::vector<Contestant> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string word = list.substr(at, end - at);
    at = end + 1;
    word.erase(0, std::min(word.find_first_not_of(' '), word.size()));
    word.erase(word.find_last_not_of(' ') + 1);
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    Contestant one{word.substr(0, equals),
                   equals == std::string::npos ? word : word.substr(equals + 1)};
    const auto same = [&](const Contestant& other) { return other.name == one.name; };
    if (one.name.empty() || one.policy.empty() || std::ranges::any_of(out, same)) {
      return fail(Errc::malformed,
                  "--policies: \"" + word + "\" " +
                      (one.name.empty() || one.policy.empty() ? "names nothing" : "is there twice"),
                  "a policy beside itself needs a name, such as a=yuma3,b=yuma3");
    }
    out.push_back(std::move(one));
  }
  if (out.empty()) return fail(Errc::malformed, "--policies names none");
  return out;
}

// "yuma.kappa=9" is for policy yuma, "kappa=9" for all.
std::vector<std::string> settings_for(const Contestant& of, const std::vector<std::string>& set) {
  const std::string bare = of.scope() + ".";
  std::vector<std::string> own;
  for (const std::string& each : set) {
    const std::size_t dot = each.substr(0, each.find('=')).find('.');
    if (each.starts_with(bare)) {
      own.push_back(each.substr(bare.size()));
    } else if (dot == std::string::npos) {
      own.push_back(each);
    }
  }
  return own;
}
// What a setting is for must be there: a slip of the pen is not passed over.
Result<void> check_settings(const std::vector<std::string>& set,
                            const std::vector<Contestant>& contestants) {
  for (const std::string& each : set) {
    const std::string key = each.substr(0, each.find('='));
    const std::size_t dot = key.find('.');
    const auto is_for = [&](const Contestant& one) { return one.scope() == key.substr(0, dot); };
    if (dot != std::string::npos && std::ranges::none_of(contestants, is_for)) {
      return fail(Errc::malformed, "--set " + each + " is for nobody that --policies names");
    }
  }
  return {};
}

Result<Answer> answer_of(const plugin::Catalogue& catalogue, const config::Config& config,
                         const Contestant& of, EmissionInput input,
                         const CompareOptions& options) {
  const std::vector<std::string> set = settings_for(of, options.set);
  SUBNETD_TRY(const auto policy, open_policy(catalogue, config, of.policy, set, "--policies"));
  overrule(input, set);
  const Compute compute = [&](const EmissionInput& epoch) { return policy->compute(epoch); };
  Answer answer{of.name, of.policy, {}, {}};
  SUBNETD_TRY(answer.paid, compute(input));
  const std::uint64_t stake =
      options.copier_stake_nano != 0 ? options.copier_stake_nano : mean_stake_nano(input);
  SUBNETD_TRY(answer.copier, copier_earnings(compute, input, {stake, options.epochs}));
  return answer;
}

json::Object object_of(const EmissionCase& epoch, const std::vector<Answer>& answers) {
  json::Array uids, roles, policies;
  for (const std::uint32_t uid : epoch.input.uid) uids.emplace_back(std::uint64_t{uid});
  for (const std::uint8_t role : epoch.input.role) {
    roles.emplace_back(role_name(static_cast<Role>(role)));
  }
  for (const Answer& answer : answers) {
    json::Array amounts;
    for (const std::uint64_t amount : answer.paid.amount_nano) amounts.emplace_back(amount);
    json::Object policy;
    policy["policy"] = answer.policy;
    policy["name"] = answer.name;
    policy["amount_nano"] = std::move(amounts);
    policy["founder_nano"] = answer.paid.founder_nano;
    policy["dust_nano"] = answer.paid.dust_nano;
    policy["unallocated_nano"] = answer.paid.unallocated_nano;
    policy["copier_nano"] = answer.copier.copier_nano;
    policy["copier_per_stake_ppm"] = answer.copier.per_stake_ppm;
    policies.emplace_back(std::move(policy));
  }
  json::Object out;
  out["id"] = epoch.id;
  out["budget_nano"] = epoch.input.budget_nano;
  out["uid"] = std::move(uids);
  out["role"] = std::move(roles);
  out["policies"] = std::move(policies);
  return out;
}

// Of all stake, what weighs the miner that most of it weighs, of those that may be paid.
std::uint64_t most_heard_percent(const EmissionInput& input) {
  std::vector<double> heard(input.uid.size(), 0);
  double all = 0, most = 0;
  for (std::size_t row = 0; row < heard.size(); ++row) {
    const auto stake = static_cast<double>(input.stake_nano[row]);
    all += stake;
    for (std::uint64_t e = input.weights.row_at[row]; e < input.weights.row_at[row + 1]; ++e) {
      const std::uint32_t column = input.weights.col[e];
      const bool miner = static_cast<Role>(input.role[column]) == Role::miner;
      if (miner && input.payable[column] != 0 && input.weights.val[e] > 0) {
        most = std::max(most, heard[column] += stake);
      }
    }
  }
  return all == 0 ? 0 : static_cast<std::uint64_t>(100 * most / all);
}

// What may surprise in the amounts; empty otherwise.
std::string remark(const EmissionInput& input, const EmissionOutput& paid) {
  const auto has = [](std::uint32_t count) { return count > 0; };
  if (input.weights.val.empty() && std::ranges::none_of(input.score_count, has)) {
    return "; nobody has a verdict in this epoch yet";
  }
  if (paid.founder_nano == input.budget_nano) return {};  // the treasury's, or there is nothing
  bool miners = false, all_flagged = true;
  for (std::size_t i = 0; i < input.role.size(); ++i) {
    if (static_cast<Role>(input.role[i]) != Role::miner) continue;
    if (paid.amount_nano[i] > 0) return {};
    miners = true;
    all_flagged = all_flagged && input.payable[i] == 0;
  }
  if (!miners) return {};
  if (all_flagged) return "; it pays no miner: each is flagged";
  if (std::ranges::none_of(paid.active, [](std::uint8_t heard) { return heard != 0; })) {
    const auto some = [](std::uint64_t sum) { return sum > 0; };
    return std::ranges::any_of(input.score_sum_ppm, some)
               ? "; it pays no miner"
               : "; it pays no miner: none has a score above 0";
  }
  const std::uint64_t percent = most_heard_percent(input);
  if (percent == 100) return "; it pays no miner";
  return "; it pays no miner: none that may be paid is weighed by more than " +
         std::to_string(percent) + " % of the stake ([matcher] redundancy lets several weigh one)";
}

void print_rows(const EmissionCase& epoch, const std::vector<Answer>& answers, Style style) {
  std::vector<std::string> columns{"uid", "role"};
  for (const Answer& answer : answers) columns.push_back(answer.name);
  Rows rows(std::cout, style, columns);
  for (std::size_t i = 0; i < epoch.input.uid.size(); ++i) {
    std::vector<Cell> cells{epoch.input.uid[i],
                            role_name(static_cast<Role>(epoch.input.role[i]))};
    for (const Answer& answer : answers) cells.push_back(answer.paid.amount_nano[i]);
    rows.add(std::move(cells));
  }
  rows.finish();
  for (const Answer& answer : answers) {
    const std::uint64_t ppm = answer.copier.per_stake_ppm;
    note(answer.name + ": founder " + std::to_string(answer.paid.founder_nano) + ", dust " +
         std::to_string(answer.paid.dust_nano) + ", unallocated " +
         std::to_string(answer.paid.unallocated_nano) + "; a weight copier would earn " +
         std::to_string(answer.copier.copier_nano) + " nano, " +
         std::to_string((ppm + 5'000) / 10'000) + " % of what validators earn per stake" +
         remark(epoch.input, answer.paid));
  }
}

// The nodes that any policy pays most, and the copier below them.
BarChart chart_of(const EmissionCase& epoch, const std::vector<Answer>& answers) {
  const std::size_t n = epoch.input.uid.size();
  std::vector<std::uint64_t> most(n, 0);
  for (const Answer& answer : answers) {
    for (std::size_t i = 0; i < n; ++i) {
      most[i] = std::max(most[i], answer.paid.amount_nano[i]);
    }
  }
  std::vector<std::size_t> rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::size_t a, std::size_t b) { return most[a] > most[b]; });
  while (!rows.empty() && most[rows.back()] == 0) rows.pop_back();
  std::string title = "What each policy pays" + (epoch.id.empty() ? "" : ": " + epoch.id);
  if (rows.size() > bars_max) {
    title += " (the most paid " + std::to_string(bars_max) + " of " + std::to_string(rows.size()) +
             " nodes)";
    rows.resize(bars_max);
  }
  BarChart chart{title, "nano", {}, {}};
  for (const std::size_t i : rows) {
    chart.labels.push_back(std::string(role_name(static_cast<Role>(epoch.input.role[i]))) + " " +
                           std::to_string(epoch.input.uid[i]));
  }
  chart.labels.push_back("a weight copier");
  for (const Answer& answer : answers) {
    BarSeries series{answer.name, {}};
    for (const std::size_t i : rows) {
      series.values.push_back(static_cast<double>(answer.paid.amount_nano[i]));
    }
    series.values.push_back(static_cast<double>(answer.copier.copier_nano));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

Result<void> compare(const CompareOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(const plugin::Catalogue catalogue, agent::open_catalogue(config));
  SUBNETD_TRY(const EmissionCase epoch, case_of(options));
  SUBNETD_TRY(const std::vector<Contestant> contestants, contestants_of(options.policies));
  SUBNETD_CHECK(check_settings(options.set, contestants));
  std::vector<Answer> answers;
  for (const Contestant& one : contestants) {
    SUBNETD_TRY(Answer answer, answer_of(catalogue, config, one, epoch.input, options));
    answers.push_back(std::move(answer));
  }
  if (options.output.format == "svg") {
    std::cout << bar_chart_svg(chart_of(epoch, answers)) << '\n';
    return {};
  }
  const Style style = style_of(options.output);
  if (style.format == Format::json || style.format == Format::jsonl) {
    print_object(std::cout, style, object_of(epoch, answers));
    return {};
  }
  print_rows(epoch, answers, style);
  return {};
}

}  // namespace

void add_emission_compare(CLI::App& group, Chosen& chosen) {
  CLI::App* command = group.add_subcommand(
      "compare", "What each of several policies would pay for one epoch, side by side");
  command->footer("Without --input it is the running epoch of a daemon, as if it closed now.\n"
                  "The copier is one more validator that weighs as the consensus of the epoch\n"
                  "before did, over some epochs of the same rows. yuma and yuma3 pay a miner what\n"
                  "validators with more than kappa of the stake agree on: with one validator a\n"
                  "miner ([matcher] redundancy = 1) that is mostly nothing.");
  auto options = std::make_shared<CompareOptions>();
  command->add_option("--policies", options->policies,
                      "Which ones, such as linear,yuma; one beside itself: a=yuma3,b=yuma3")
      ->required()
      ->type_name("ID,ID");
  command->add_option("--input", options->input, "A case, JSON; \"-\" is stdin")
      ->type_name("FILE");
  command->add_option("--set", options->set,
                      "A setting of all, or of one as NAME.KEY=VALUE; over what the case says")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_option("--copier-stake", options->copier_stake_nano,
                      "Stake of the copier, nano; 0: the validators' mean")
      ->capture_default_str();
  command->add_option("--epochs", options->epochs, "Epochs that the copier copies for")
      ->check(CLI::Range(1u, 1000u))
      ->capture_default_str();
  command->add_option("--config", options->config, "Its plugins and [emission]")->type_name("FILE");
  command->add_option("--url", options->url, "The daemon")
      ->envname("SUBNETD_URL")
      ->type_name("URL")
      ->capture_default_str();
  command->add_option("--token", options->token, "Where reading needs one; better SUBNETD_TOKEN")
      ->envname("SUBNETD_TOKEN")
      ->type_name("TOKEN");
  one_of(command->add_option("--output", options->output.format, "table on a terminal, else tsv"),
         {"table", "json", "jsonl", "tsv", "svg"});
  command->add_flag("--no-color", options->output.no_color, "No colour, as with NO_COLOR");
  on_chosen(*command, chosen, options, compare);
}

}  // namespace subnetd::cli
