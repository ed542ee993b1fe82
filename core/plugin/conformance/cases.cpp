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
                          settings != nullptr ? json::serialize(*settings)
                          : trial.settings_given ? trial.settings : "{}",
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

// [row, column, value]…, in the order of a matrix.
using Cells = std::vector<std::uint64_t>;

Result<Cells> cells_of(const json::Fields& one, std::string_view name) {
  SUBNETD_TRY(const json::Array* rows, one.maybe_array(name, items_max));
  Cells cells;
  if (rows == nullptr) return cells;
  for (const json::Value& each : *rows) {
    SUBNETD_TRY(const auto cell, integers(each));
    if (cell.size() != 3) return complain("a weight or a bond is [row, column, value]");
    cells.insert(cells.end(), cell.begin(), cell.end());
  }
  return cells;
}

Result<Csr16> matrix_of(const json::Fields& one, std::string_view name, std::size_t n) {
  SUBNETD_TRY(const Cells cells, cells_of(one, name));
  Csr16 csr;
  csr.row_at.assign(n + 1, 0);
  for (std::size_t k = 0; k < cells.size(); k += 3) {
    if (cells[k] >= n || (k > 0 && cells[k] < cells[k - 3])) {
      return complain("rows of weights and bonds ascend, below the number of nodes");
    }
    ++csr.row_at[cells[k] + 1];
    csr.col.push_back(static_cast<std::uint32_t>(cells[k + 1]));
    csr.val.push_back(static_cast<std::uint16_t>(cells[k + 2]));
  }
  for (std::size_t r = 0; r < n; ++r) csr.row_at[r + 1] += csr.row_at[r];
  return csr;
}

Cells cells_of(const EmissionOutput& out) {
  Cells cells;
  for (std::size_t r = 0; r < out.bonds_row.size(); ++r) {
    for (std::uint64_t e = out.bonds.row_at[r]; e < out.bonds.row_at[r + 1]; ++e) {
      cells.insert(cells.end(), {r, out.bonds.col[e], out.bonds.val[e]});
    }
  }
  return cells;
}

void add_node(EmissionInput& in, std::uint8_t role) {
  in.uid.push_back(static_cast<std::uint32_t>(in.uid.size()));
  in.registered_at.push_back(in.uid.size());
  in.role.push_back(role);
  in.owner.push_back(0);
  in.parent.push_back(0xffffffffu);
  in.fee.push_back(0);
}

Result<void> read_miners(const json::Array& miners, EmissionInput& in) {
  for (const json::Value& miner : miners) {
    SUBNETD_TRY(const auto row, integers(miner));
    if (row.size() != 3) return complain("a miner is [score_sum_ppm, score_count, payable]");
    add_node(in, SBN_ROLE_MINER);
    in.score_sum_ppm.push_back(static_cast<std::uint64_t>(row[0]));
    in.score_count.push_back(static_cast<std::uint32_t>(row[1]));
    in.payable.push_back(row[2] != 0 ? 1 : 0);
  }
  const std::size_t n = in.uid.size();
  in.stake_nano.assign(n, 0);
  in.last_update.assign(n, 0);
  in.permit.assign(n, 0);
  in.weights.row_at.assign(n + 1, 0);
  in.bonds.row_at.assign(n + 1, 0);
  return {};
}

Result<void> read_nodes(const json::Fields& one, EmissionInput& in) {
  SUBNETD_TRY(const json::Array* nodes, one.array("nodes", items_max));
  SUBNETD_TRY(in.block, one.whole("block", 0, UINT64_MAX));
  SUBNETD_TRY(const auto last_step, one.maybe_whole("last_step_block", 0, UINT64_MAX));
  in.last_step_block = last_step.value_or(0);
  SUBNETD_TRY(in.weights, matrix_of(one, "weights", nodes->size()));
  SUBNETD_TRY(in.bonds, matrix_of(one, "bonds", nodes->size()));
  for (const json::Value& node : *nodes) {
    SUBNETD_TRY(const auto row, integers(node));
    if (row.size() != 4) {
      return complain("a node is [stake_nano, last_update, registered_block, permit]");
    }
    const std::size_t i = in.uid.size();
    const bool weighs = in.weights.row_at[i] != in.weights.row_at[i + 1];
    add_node(in, weighs ? SBN_ROLE_VALIDATOR : SBN_ROLE_MINER);
    in.stake_nano.push_back(static_cast<std::uint64_t>(row[0]));
    in.last_update.push_back(static_cast<std::uint64_t>(row[1]));
    in.registered_block.push_back(static_cast<std::uint64_t>(row[2]));
    in.permit.push_back(row[3] != 0 ? 1 : 0);
  }
  in.score_sum_ppm.assign(nodes->size(), 0);
  in.score_count.assign(nodes->size(), 0);
  in.payable.assign(nodes->size(), 1);
  return {};
}

Result<void> emission_case(const Trial& trial, const json::Fields& one) {
  EmissionInput in;
  SUBNETD_TRY(in.budget_nano, one.whole("budget_nano", 0, UINT64_MAX));
  if (one.has("nodes")) {
    SUBNETD_CHECK(read_nodes(one, in));
  } else {
    SUBNETD_TRY(const json::Array* miners, one.array("miners", items_max));
    SUBNETD_CHECK(read_miners(*miners, in));
  }
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
  if (!one.has("new_bonds")) return {};
  SUBNETD_TRY(const Cells bonds, cells_of(one, "new_bonds"));
  if (cells_of(out) != bonds) return differs("bonds " + join(bonds), join(cells_of(out)));
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
