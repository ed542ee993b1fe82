// SPDX-License-Identifier: 0BSD
// emission compute: offline, an epoch case in, what the policy pays out.
#include <iostream>

#include "agent/plugins.hpp"
#include "cli/asked_policy.hpp"
#include "cli/command.hpp"
#include "cli/emission_case.hpp"
#include "cli/emission_compare.hpp"
#include "cli/input_text.hpp"
#include "cli/sources.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t case_bytes_max = 1024 * 1024 * 1024;

constexpr const char* about_cases =
    "A case is {\"algo\":\"proportional\",\"params\":{\"token_emission\":N},\"input\":{COLUMNS}},\n"
    "the columns as long as there are nodes: score_sum_ppm and score_count, and where wanted uid,\n"
    "registered_at, payable, stake, last_update, validator (1: a validator, never paid).\n"
    "Shorter: {\"budget_nano\":N,\"rows\":[{\"uid\",\"score_sum_ppm\",\"score_count\","
    "\"registered_at\",\"payable\"}]}.\n"
    "Of the chains, algo commune_linear (policy linear), commune_yuma (yuma), subtensor (yuma3,\n"
    "but Yuma 2 unless params.yuma3 or --set says otherwise), treasury: params by the chain's\n"
    "names; input stake, last_update, registered_at, permits, and rows of [uid,u16], sorted, as\n"
    "weights and bonds; where wanted uid, payable, owner. params win over the configuration,\n"
    "--set over both.\n"
    "What a daemon says of its running epoch is a case too: GET /api/v1/emission/input.\n"
    "Several cases: an array, or {\"cases\":[…]}; the answers are JSON Lines then.";

struct ComputeOptions {
  std::string config, policy, input;
  std::vector<std::string> set;
  bool raw = false;
};

class Policies {
 public:
  Policies(const plugin::Catalogue& catalogue, const config::Config& config,
           const ComputeOptions& options)
      : catalogue_(catalogue), config_(config), options_(options) {}

  Result<json::Object> compute(const json::Value& value) {
    SUBNETD_TRY(EmissionCase epoch, read_emission_case(value));
    SUBNETD_TRY(const std::string use, policy_for(epoch));
    if (!policy_ || use != use_) SUBNETD_CHECK(open(use));
    overrule(epoch.input, options_.set);
    if (epoch.policy.empty()) epoch.policy = use.substr(use.rfind('/') + 1);
    SUBNETD_TRY(const EmissionOutput output, policy_->compute(epoch.input, options_.raw));
    json::Object answer = emission_answer(epoch, output);
    if (options_.raw) answer["raw"] = emission_raw(epoch, output);
    return answer;
  }

 private:
  Result<std::string> policy_for(const EmissionCase& epoch) const {
    const std::string bare = options_.policy.substr(options_.policy.rfind('/') + 1);
    if (options_.policy.empty()) return epoch.policy.empty() ? config_.emission.use : epoch.policy;
    if (epoch.policy.empty() || epoch.policy == bare) return options_.policy;
    return fail(Errc::malformed, "the case is one of policy \"" + epoch.policy +
                                     "\", not of --policy " + options_.policy);
  }

  Result<void> open(const std::string& use) {
    SUBNETD_TRY(policy_, open_policy(catalogue_, config_, use, options_.set, "[emission]"));
    use_ = use;
    return {};
  }

  const plugin::Catalogue& catalogue_;
  const config::Config& config_;
  const ComputeOptions& options_;
  std::string use_;
  std::unique_ptr<plugin::Emission> policy_;
};

Result<void> compute(const ComputeOptions& options) {
  SUBNETD_TRY(const config::Config config, config::load(sources_of(options.config)));
  SUBNETD_TRY(const plugin::Catalogue catalogue, agent::open_catalogue(config));
  SUBNETD_TRY(const std::string text, whole_text(options.input, case_bytes_max));
  SUBNETD_TRY(const json::Value value, json::parse(text, case_bytes_max));
  SUBNETD_TRY(const auto cases, emission_cases(value));
  Policies policies(catalogue, config, options);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Result<json::Object> answer = policies.compute(cases[i]);
    if (!answer && cases.size() > 1) {
      answer.error().message = case_name(cases[i], i) + ": " + answer.error().message;
    }
    if (!answer) return std::unexpected(std::move(answer.error()));
    std::cout << json::serialize(*answer) << '\n';
  }
  return {};
}

}  // namespace

void add_emission(CLI::App& root, Chosen& chosen) {
  CLI::App* group = root.add_subcommand("emission", "Who is paid what");
  group->require_subcommand(1);
  CLI::App* command = group->add_subcommand("compute", "Offline: what a policy pays for an epoch");
  command->footer(about_cases);
  auto options = std::make_shared<ComputeOptions>();
  command->add_option("--input", options->input, "The case, JSON; \"-\" is stdin")
      ->required()
      ->type_name("FILE");
  command->add_option("--policy", options->policy, "Which one; the case's, else [emission] use")
      ->type_name("ID");
  command->add_option("--set", options->set, "A setting of the policy, again and again")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_flag("--raw", options->raw,
                    "With what lies behind: mean scores and shares as fractions, or I32F32 bits");
  command->add_option("--config", options->config, "Its plugins and [emission]")->type_name("FILE");
  on_chosen(*command, chosen, options, compute);
  add_emission_compare(*group, chosen);
}

}  // namespace subnetd::cli
