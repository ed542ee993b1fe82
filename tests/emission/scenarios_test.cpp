// SPDX-License-Identifier: 0BSD
// State carried from epoch to epoch: a real subnet's blocks, and the scenarios that the chains' own
// tests state.
#include <cmath>
#include <numeric>
#include <optional>

#include "cases.hpp"

namespace subnetd::test {
namespace {

std::string text(const json::Value& value) {
  return std::string(value.as_string());
}
std::size_t index_of(std::string_view uid) {
  return std::stoul(std::string(uid));
}

// What the next epoch starts from: permits, and bond rows but for those left as they are.
void carry(json::Object& state, const json::Object& answer) {
  state["permits"] = answer.at("new_permits");
  json::Array& bonds = state.at("bonds").as_array();
  const json::Array& rows = answer.at("bonds").as_array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_null()) bonds[i] = rows[i];
  }
}

json::Array empty_rows(std::size_t n) {
  json::Array rows;
  for (std::size_t i = 0; i < n; ++i) rows.emplace_back(json::Array{});
  return rows;
}

// A column of the real subnet: whole in the first epoch, then what changed.
void change(json::Array& column, const json::Value& told) {
  if (const json::Array* whole = told.if_array()) {
    column = *whole;
    return;
  }
  for (const auto& [uid, value] : told.as_object()) column[index_of(uid)] = value;
}

void change_weights(json::Array& weights, const json::Object& epoch) {
  for (const json::Value& uid : epoch.at("rows_removed").as_array()) {
    const std::size_t i = uid.is_string() ? index_of(text(uid)) : uid.to_number<std::size_t>();
    weights[i] = json::Array{};
  }
  for (const auto& [uid, columns] : epoch.at("weights_changed").as_object()) {
    const json::Array& to = columns.as_array()[0].as_array();
    const json::Array& value = columns.as_array()[1].as_array();
    json::Array row;
    for (std::size_t k = 0; k < to.size(); ++k) row.emplace_back(json::Array{to[k], value[k]});
    weights[index_of(uid)] = std::move(row);
  }
}

class Carried : public testing::TestWithParam<Way> {};
class CarriedFast : public testing::TestWithParam<Way> {};

// The real subnet's epochs in one of its modes.
class Subnet {
 public:
  Subnet(const json::Object& subnet, const json::Object& mode) : mode_(mode) {
    state_ = {{"stake", subnet.at("stake")}, {"permits", subnet.at("permits")}};
    state_["weights"] = empty_rows(256);
    state_["bonds"] = empty_rows(256);
  }
  json::Object next(const json::Object& epoch) {
    change_weights(state_.at("weights").as_array(), epoch);
    change(updated_, epoch.at("last_update"));
    change(registered_, epoch.at("registered_at"));
    state_["block"] = epoch.at("block");
    state_["last_update"] = updated_;
    state_["registered_at"] = registered_;
    return make_case(text(mode_.at("algo")), mode_.at("params").as_object(), state_);
  }
  void keep(const json::Object& answer) { carry(state_, answer); }

 private:
  const json::Object& mode_;
  json::Object state_;
  json::Array updated_, registered_;
};

TEST_P(Carried, ARealSubnetsEpochsHaveTheChainsHashes) {
  const json::Value all = vectors("chains.json");
  const json::Object& real = all.as_object().at("sn31").as_object();
  Policies policies(GetParam());
  for (const auto& [name, value] : real.at("modes").as_object()) {
    const json::Object& mode = value.as_object();
    const json::Object& expect = real.at("expect").as_object().at(name).as_object();
    const json::Array& hashes = expect.at("sha256_per_epoch").as_array();
    Subnet subnet(real, mode);
    json::Object last;
    std::size_t k = 0;
    for (const json::Value& epoch : real.at("epochs").as_array()) {
      last = policies.answer(subnet.next(epoch.as_object()));
      EXPECT_EQ(digest(text(mode.at("algo")), last), text(hashes[k++])) << name;
      subnet.keep(last);
    }
    for (const auto& [field, wanted] : expect.at("last").as_object()) {
      if (!wanted.is_array()) continue;
      EXPECT_EQ(last.at(field), wanted) << name << " " << field;
    }
  }
}

// Against what exact answers, whose hashes are the chains', epoch by epoch: from the same bonds,
// and from those that fast itself left.
TEST_P(CarriedFast, ARealSubnetsEpochsStayNearTheChains) {
  const json::Value all = vectors("chains.json");
  const json::Object& real = all.as_object().at("sn31").as_object();
  Policies exact({}), fast(GetParam());
  std::size_t seen = 0;
  for (const auto& [name, value] : real.at("modes").as_object()) {
    const json::Object& mode = value.as_object();
    const double budget = mode.at("params").at("token_emission").to_number<double>();
    Subnet chains(real, mode), own(real, mode);
    json::Object last;
    for (const json::Value& each : real.at("epochs").as_array()) {
      const json::Object& epoch = each.as_object();
      const json::Object one = chains.next(epoch);
      json::Object wanted = exact.answer(one);
      chains.keep(wanted);
      last = fast.answer(own.next(epoch));
      own.keep(last);
      for (const char* sum : {"dust", "unallocated", "total_emitted"}) wanted.erase(sum);
      EXPECT_EQ(outside_of_fast(wanted, fast.answer(one), budget), "") << name;
      wanted.erase("bonds");
      EXPECT_EQ(outside_of_fast(wanted, last, budget), "") << name << ", its own bonds";
      ++seen;
    }
    json::Object stated;
    for (const auto& [field, wanted] : real.at("expect").at(name).at("last").as_object()) {
      if (wanted.is_array()) stated[field] = wanted;
    }
    EXPECT_EQ(outside_of_fast(stated, last, budget), "") << name << " as the vectors state it";
  }
  EXPECT_EQ(seen, 24u);
}

// floor(v * 65535 / sum), as Commune stores a row.
std::vector<std::uint64_t> commune_row(const std::vector<std::uint64_t>& values) {
  const auto sum = std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  std::vector<std::uint64_t> out = values;
  for (auto& v : out) v = sum == 0 ? v : v * 65535 / sum;
  return out;
}
// The largest becomes 65535, the others round half up.
std::vector<std::uint64_t> bittensor_row(const std::vector<std::uint64_t>& values) {
  const auto top = *std::max_element(values.begin(), values.end());
  std::vector<std::uint64_t> out = values;
  for (auto& v : out) v = top == 0 ? v : (v * 65535 * 2 + top) / (2 * top);
  return out;
}

void apply_step(json::Object& state, const json::Object& step, const std::string& algo) {
  const auto column = [&](const char* name) -> json::Array& { return state.at(name).as_array(); };
  if (const json::Value* replaced = step.if_contains("replace")) {
    for (const json::Value& each : replaced->as_array()) {
      const auto uid = each.as_array()[0].to_number<std::size_t>();
      column("stake")[uid] = 0;
      column("registered_at")[uid] = each.as_array()[1];
      column("permits")[uid] = 0;
      column("bonds")[uid] = json::Array{};
    }
  }
  if (const json::Value* stakes = step.if_contains("stake")) {
    for (const auto& [uid, value] : stakes->as_object()) column("stake")[index_of(uid)] = value;
  }
  if (const json::Value* sets = step.if_contains("set_weights")) {
    for (const json::Value& each : sets->as_array()) {
      const json::Array& set = each.as_array();
      std::vector<std::uint64_t> values;
      for (const json::Value& v : set[2].as_array()) {
        values.push_back(v.to_number<std::uint64_t>());
      }
      values = algo == "subtensor" ? bittensor_row(values) : commune_row(values);
      json::Array row;
      for (std::size_t k = 0; k < values.size(); ++k) {
        row.emplace_back(json::Array{set[1].as_array()[k], values[k]});
      }
      const auto uid = set[0].to_number<std::size_t>();
      column("weights")[uid] = std::move(row);
      column("last_update")[uid] = set[3];
    }
  }
  if (const json::Value* raw = step.if_contains("raw_weights")) {
    for (const auto& [uid, row] : raw->as_object()) column("weights")[index_of(uid)] = row;
  }
  if (const json::Value* resets = step.if_contains("reset_bonds")) {
    for (const json::Value& uid : resets->as_array()) {
      for (json::Value& row : column("bonds")) {
        json::Array kept;
        for (const json::Value& bond : row.as_array()) {
          if (bond.as_array()[0] != uid) kept.push_back(bond);
        }
        row = std::move(kept);
      }
    }
  }
  state["block"] = step.at("block");
}

// One output by the name a scenario gives it.
double value_of(const json::Object& answer, std::string field, std::size_t uid) {
  if (field.starts_with("bond")) {
    const double unit = field.starts_with("bond_frac") ? 65535 : 1;
    const auto column = std::stoul(field.substr(field.find(':') + 1));
    const json::Value& row = answer.at("bonds").as_array()[uid];
    if (row.is_null()) return -1;
    for (const json::Value& bond : row.as_array()) {
      if (bond.as_array()[0].to_number<std::size_t>() != column) continue;
      return bond.as_array()[1].to_number<double>() / unit;
    }
    return 0;
  }
  if (field.starts_with("raw:")) {
    const json::Array& raw = answer.at("raw").as_object().at(field.substr(4)).as_array();
    return raw[uid].to_number<double>() / 4294967296.0;
  }
  double unit = 1;
  if (field.ends_with("_frac")) {
    field.resize(field.size() - 5);
    unit = 65535;
  }
  const json::Value& value = answer.at(field).as_array()[uid];
  return value.to_number<double>() / unit;
}

// How far off `fast` may be, in the unit that a field is stated in.
double slack_of(const std::string& field, double budget) {
  if (field.starts_with("raw:")) return 1e-6;
  if (field.find("frac") != std::string::npos) return 1.0 / 65535;
  if (field.find("emission") != std::string::npos || field == "paid") return 1e-6 * budget;
  return field == "new_permits" ? 0 : 1;
}

std::size_t check(const json::Object& expect, const json::Object& answer, const std::string& where,
                  std::optional<double> budget_if_fast) {
  std::size_t seen = 0;
  const double tolerance =
      expect.contains("tol") ? expect.at("tol").to_number<double>() : 0;
  for (const auto& [name, wanted] : expect) {
    if (name == "tol") continue;
    const std::string field(name);
    const auto one = [&](std::size_t uid, const json::Value& want) {
      const double number = want.is_bool() ? (want.get_bool() ? 1 : 0) : want.to_number<double>();
      const double slack = budget_if_fast ? slack_of(field, *budget_if_fast) : 0;
      EXPECT_NEAR(value_of(answer, field, uid), number, tolerance + slack)
          << where << " " << field << " of uid " << uid;
      ++seen;
    };
    if (const json::Array* all = wanted.if_array()) {
      for (std::size_t i = 0; i < all->size(); ++i) one(i, (*all)[i]);
    } else {
      for (const auto& [uid, want] : wanted.as_object()) one(index_of(uid), want);
    }
  }
  return seen;
}

void replay_scenarios(const Way& way) {
  const json::Value all = vectors("upstream.json");
  Policies policies(way);
  std::size_t seen = 0, scenarios = 0;
  for (const json::Value& each : all.as_object().at("scenarios").as_array()) {
    const json::Object& scenario = each.as_object();
    const std::string algo = text(scenario.at("algo"));
    const json::Object& params = scenario.at("params").as_object();
    std::optional<double> budget;
    if (way.mode == "fast") budget = params.at("token_emission").to_number<double>();
    json::Object state = scenario.at("state").as_object();
    const std::size_t n = state.at("stake").as_array().size();
    for (const char* rows : {"weights", "bonds"}) {
      if (!state.contains(rows)) state[rows] = empty_rows(n);
    }
    for (const json::Value& value : scenario.at("steps").as_array()) {
      const json::Object& step = value.as_object();
      apply_step(state, step, algo);
      const json::Object answer = policies.answer(make_case(algo, params, state));
      if (const json::Value* expect = step.if_contains("expect")) {
        seen += check(expect->as_object(), answer, text(scenario.at("id")), budget);
      }
      carry(state, answer);
    }
    ++scenarios;
  }
  EXPECT_EQ(scenarios, 40u);
  EXPECT_GT(seen, 13'000u);
}

TEST_P(Carried, TheChainsOwnScenariosComeOutAsTheyState) { replay_scenarios(GetParam()); }

// Each epoch from the bonds and permits that fast itself left.
TEST_P(CarriedFast, TheChainsOwnScenariosComeOutNearWhatTheyState) { replay_scenarios(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Emission, Carried, testing::ValuesIn(ways("exact")),
                         [](const testing::TestParamInfo<Way>& way) {
                           return way.param.instructions + std::to_string(way.param.threads);
                         });

INSTANTIATE_TEST_SUITE_P(Emission, CarriedFast, testing::ValuesIn(ways("fast")),
                         [](const testing::TestParamInfo<Way>& way) {
                           return way.param.instructions + std::to_string(way.param.threads);
                         });

}  // namespace
}  // namespace subnetd::test
