// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/cases.hpp"

#include <fstream>

#include "domain/limits.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/match_world.hpp"
#include "plugin/detector.hpp"
#include "plugin/emission.hpp"
#include "plugin/matcher.hpp"
#include "plugin/validator.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::size_t case_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t items_max = 1'000'000;

std::unexpected<Error> differs(const std::string& wanted, const std::string& have) {
  return complain("wanted " + wanted + ", have " + have);
}

Result<std::unique_ptr<Instance>> instance_for(const Trial& trial, const json::Fields& one) {
  const json::Value* settings = one.object().if_contains("settings");
  const InSlot in("create");
  return Instance::create(trial.offer,
                          settings == nullptr ? trial.settings : json::serialize(*settings),
                          "settings", {});
}

Result<void> detector_case(const Trial& trial, const json::Fields& one) {
  DetectionSubject subject;
  SUBNETD_TRY(subject.name_space, one.text("name", 0, 4096));
  SUBNETD_TRY(const auto task, one.maybe_text("task", 0, 4096));
  SUBNETD_TRY(const auto protocol, one.maybe_text("protocol", 0, 4096));
  subject.task = task.value_or("");
  subject.protocol = protocol.value_or("module");
  SUBNETD_TRY(const std::string type, one.text("type", 1, 4096));
  SUBNETD_TRY(const auto confidence, one.maybe_whole("confidence_ppm", 0, ppm_one));
  SUBNETD_TRY(auto instance, instance_for(trial, one));
  const InSlot in("detect");
  Detector detector(std::move(instance));
  const DetectionSubject* asked[] = {&subject};
  std::vector<Detection> out;
  SUBNETD_CHECK(detector.detect(asked, out));
  if (out[0].model_type != type ||
      out[0].confidence_ppm != confidence.value_or(out[0].confidence_ppm)) {
    return differs(type + " " + std::to_string(confidence.value_or(0)),
                   out[0].model_type + " " + std::to_string(out[0].confidence_ppm));
  }
  return {};
}

Result<void> validator_case(const Trial& trial, const json::Fields& one) {
  const json::Value* reply = one.object().if_contains("reply");
  if (reply == nullptr) return complain("a case of a validator plugin has a reply");
  SUBNETD_TRY(const auto status, one.whole("http_status", 0, 999));
  SUBNETD_TRY(const auto outcome, one.whole("outcome", 0, 3));
  SUBNETD_TRY(const auto score, one.whole("score_ppm", 0, ppm_one));
  SUBNETD_TRY(auto instance, instance_for(trial, one));
  const InSlot in("begin and step");
  Validator validator(std::move(instance));
  ValidationRequest request;
  request.request = 1;
  request.request_id = "case";
  request.model_type = "chat";
  request.name_space = "case";
  request.miner_json = "{}";
  request.validators = (trial.flags() & SBN_F_JUDGES_ALONE) == 0 ? 1 : 0;
  ValidatorOutput said = validator.begin(std::span(&request, 1));
  while (said.verdicts.empty() && !said.probes.empty()) {
    std::vector<Reply> replies;
    for (const Probe& probe : said.probes) {
      replies.push_back({probe.request, probe.tag, ReplyOutcome::delivered,
                         static_cast<std::uint32_t>(status), json::serialize(*reply), 1});
    }
    said = validator.step(replies);
  }
  if (said.verdicts.size() != 1) return differs("a verdict", "none");
  const Verdict& verdict = said.verdicts[0];
  if (static_cast<std::uint64_t>(verdict.outcome) != outcome || verdict.score_ppm != score) {
    return differs("outcome " + std::to_string(outcome) + " with " + std::to_string(score),
                   "outcome " + std::to_string(static_cast<int>(verdict.outcome)) + " with " +
                       std::to_string(verdict.score_ppm) + " (" + verdict.reason + ")");
  }
  return {};
}

// The integers of an array that lies in a case; -1 stands for nobody.
Result<std::vector<std::int64_t>> integers(const json::Value& value) {
  if (!value.is_array()) return complain("wanted a list of integers");
  std::vector<std::int64_t> out;
  for (const json::Value& each : value.get_array()) {
    if (!each.is_int64()) return complain("wanted a list of integers");
    out.push_back(each.get_int64());
  }
  return out;
}

std::string join(std::span<const std::uint64_t> numbers) {
  std::string out;
  for (const std::uint64_t n : numbers) out += (out.empty() ? "" : ",") + std::to_string(n);
  return "[" + out + "]";
}

Result<void> emission_case(const Trial& trial, const json::Fields& one) {
  SUBNETD_TRY(const json::Array* miners, one.array("miners", items_max));
  EmissionInput in;
  SUBNETD_TRY(in.budget_nano, one.whole("budget_nano", 0, UINT64_MAX));
  for (const json::Value& miner : *miners) {
    SUBNETD_TRY(const auto row, integers(miner));
    if (row.size() != 3) return complain("a miner is [score_sum_ppm, score_count, payable]");
    in.uid.push_back(static_cast<std::uint32_t>(in.uid.size()));
    in.score_sum_ppm.push_back(static_cast<std::uint64_t>(row[0]));
    in.score_count.push_back(static_cast<std::uint32_t>(row[1]));
    in.payable.push_back(row[2] != 0 ? 1 : 0);
    in.registered_at.push_back(in.uid.size());
  }
  const std::size_t n = in.uid.size();
  in.role.assign(n, SBN_ROLE_MINER);
  in.stake_nano.assign(n, 0);
  in.last_update.assign(n, 0);
  in.permit.assign(n, 0);
  in.owner.assign(n, 0);
  in.parent.assign(n, 0xffffffffu);
  in.fee.assign(n, 0);
  in.weights.row_at.assign(n + 1, 0);
  in.bonds.row_at.assign(n + 1, 0);
  std::vector<std::uint64_t> amounts;
  SUBNETD_TRY(const json::Array* wanted, one.array("amounts", items_max));
  for (const json::Value& each : *wanted) {
    amounts.push_back(each.is_uint64()  ? each.get_uint64()
                      : each.is_int64() ? static_cast<std::uint64_t>(each.get_int64())
                                        : UINT64_MAX);
  }
  SUBNETD_TRY(auto instance, instance_for(trial, one));
  const InSlot slot("compute");
  Emission emission(std::move(instance));
  SUBNETD_TRY(const EmissionOutput out, emission.compute(in));
  if (out.amount_nano != amounts) return differs(join(amounts), join(out.amount_nano));
  return {};
}

Result<MatchWorld> world_of(const json::Fields& one) {
  MatchWorld world;
  SUBNETD_TRY(const auto redundancy, one.whole("redundancy", 1, limits::redundancy_max));
  SUBNETD_TRY(world.move_budget, one.whole("move_budget", 0, UINT64_MAX));
  world.redundancy = static_cast<std::uint32_t>(redundancy);
  SUBNETD_TRY(const json::Array* validators, one.array("validators", items_max));
  for (const json::Value& each : *validators) {
    if (!each.is_array() || each.get_array().size() != 2 || !each.get_array()[1].is_int64()) {
      return complain("a validator is [types, capacity]");
    }
    SUBNETD_TRY(const auto types, integers(each.get_array()[0]));
    world.add_validator({types.begin(), types.end()},
                        static_cast<std::uint32_t>(each.get_array()[1].get_int64()));
  }
  SUBNETD_TRY(const json::Array* miners, one.array("miners", items_max));
  for (const json::Value& each : *miners) {
    if (!each.is_array() || each.get_array().size() != 2 || !each.get_array()[0].is_int64()) {
      return complain("a miner is [type, current]");
    }
    SUBNETD_TRY(const auto current, integers(each.get_array()[1]));
    if (current.size() != world.redundancy) return complain("current has one slot for each copy");
    const auto slot = world.add_miner(static_cast<std::uint32_t>(each.get_array()[0].get_int64()));
    for (std::size_t copy = 0; copy < current.size(); ++copy) {
      world.current[slot * world.redundancy + copy] = static_cast<std::uint32_t>(current[copy]);
    }
  }
  return world;
}

Result<void> matcher_case(const Trial& trial, const json::Fields& one) {
  SUBNETD_TRY(MatchWorld world, world_of(one));
  std::vector<std::uint64_t> wanted;
  SUBNETD_TRY(const json::Array* after, one.array("after", items_max));
  for (const json::Value& row : *after) {
    SUBNETD_TRY(const auto slots, integers(row));
    for (const std::int64_t slot : slots) wanted.push_back(static_cast<std::uint32_t>(slot));
  }
  SUBNETD_TRY(auto instance, instance_for(trial, one));
  const InSlot in("solve");
  Matcher matcher(std::move(instance));
  const sbn_match_view view = world.view();
  const Moves moves = matcher.solve(view);
  if (matcher.fallbacks() != 0) return complain("solve failed");
  world.apply(moves);
  const std::vector<std::uint64_t> have(world.current.begin(), world.current.end());
  if (have != wanted) return differs(join(wanted), join(have));
  return {};
}

Result<void> hold(const Trial& trial, const std::string& line) {
  SUBNETD_TRY(const json::Value value, json::parse(line, case_bytes_max));
  SUBNETD_TRY(const json::Fields one, json::Fields::of(value, "the case"));
  const std::string& kind = trial.offer.component->kind;
  if (kind == SBN_KIND_DETECTOR) return detector_case(trial, one);
  if (kind == SBN_KIND_VALIDATOR) return validator_case(trial, one);
  if (kind == SBN_KIND_EMISSION) return emission_case(trial, one);
  return matcher_case(trial, one);
}

}  // namespace

Result<std::size_t> hold_cases(const Trial& trial, const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return fail(Errc::io, "it cannot be read");
  std::size_t number = 0, held = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    if (auto done = hold(trial, line); !done) {
      return complain("line " + std::to_string(number) + ": " + done.error().message);
    }
    ++held;
  }
  if (held == 0) return complain("no case in it");
  return held;
}

std::string settings_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto value = json::parse(line, case_bytes_max);
    if (!value || !value->is_object()) continue;
    if (const json::Value* settings = value->get_object().if_contains("settings")) {
      return json::serialize(*settings);
    }
  }
  return {};
}

}  // namespace subnetd::plugin::conformance
