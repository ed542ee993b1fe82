// SPDX-License-Identifier: 0BSD
// The arithmetic under the policies, against the chains' values.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "cases.hpp"
#include "list_column.hpp"
#include "nodes.hpp"
#include "payout.hpp"

namespace subnetd::test {
namespace {

using consensus::bits;

const json::Array& rows_of(const char* function) {
  static const json::Value all = vectors("chains.json");
  return all.as_object().at("functions").as_object().at(function).as_array();
}
bits integer(const json::Value& value) {
  return value.to_number<bits>();
}

TEST(FixedPoint, ProductsRoundDownAndQuotientsTowardZero) {
  for (const json::Value& row : rows_of("mul")) {
    const json::Array& r = row.as_array();
    EXPECT_EQ(consensus::mul(integer(r[0]), integer(r[1])), integer(r[2]));
  }
  for (const json::Value& row : rows_of("div")) {
    const json::Array& r = row.as_array();
    EXPECT_EQ(consensus::div(integer(r[0]), integer(r[1])), integer(r[2]));
  }
  for (const json::Value& row : rows_of("to_u16")) {
    const json::Array& r = row.as_array();
    EXPECT_EQ(consensus::to_u16(integer(r[0])), integer(r[1]));
  }
}

TEST(FixedPoint, SeriesAreTheChains) {
  const auto check = [](const char* name, auto&& function) {
    for (const json::Value& row : rows_of(name)) {
      const json::Array& r = row.as_array();
      const std::optional<bits> have = function(integer(r[0]));
      EXPECT_EQ(have.has_value(), !r[1].is_null()) << name << " " << r[0];
      if (!have || r[1].is_null()) continue;
      EXPECT_EQ(*have, integer(r[1])) << name << " " << r[0];
    }
  };
  check("exp", [](bits x) { return consensus::exp(x); });
  check("ln", [](bits x) { return consensus::ln(x); });
  check("exp_safe", [](bits x) { return std::optional(consensus::exp_safe(x)); });
}

TEST(FixedPoint, LiquidAlphaOfAPairIsTheChains) {
  for (const json::Value& row : rows_of("alpha_sigmoid")) {
    const json::Array& r = row.as_array();
    const bits diff = consensus::difference_of(integer(r[0]), integer(r[1]), integer(r[2]));
    EXPECT_EQ(consensus::alpha_of(diff, integer(r[3]), integer(r[4]),
                                  consensus::slope_of(integer(r[5]))),
              integer(r[6]));
  }
}

// ---- the median: the chains' own test states stakes and scores as 32-bit floats

bits fixed(const json::Value& value) {
  const auto number = static_cast<float>(value.to_number<double>());
  return static_cast<bits>(std::llrint(static_cast<double>(number) * 4294967296.0));
}
std::vector<bits> column_of(const json::Value& values) {
  std::vector<bits> out;
  for (const json::Value& each : values.as_array()) out.push_back(fixed(each));
  return out;
}

// `lost`: what a consensus may leave below it.
bits median_of(const std::vector<bits>& stake, const std::vector<bits>& score, bits lost) {
  consensus::Rules rules;
  rules.chain = consensus::Chain::bittensor;
  consensus::Standing standing;
  std::vector<consensus::RowShare> rows(stake.size());
  for (std::size_t i = 0; i < stake.size(); ++i) {
    rows[i].voice = stake[i];
    standing.voice_total += stake[i];
    if (stake[i] > 0) ++standing.voices;
  }
  standing.minority = lost;
  consensus::ListColumn column(rules, standing, rows);
  for (std::uint32_t i = 0; i < score.size(); ++i) {
    if (score[i] != 0) column.entries().push_back({i, true, 0, score[i]});
  }
  std::vector<double> trust(stake.size());
  return column.weigh(trust.data(), 1).consensus;
}

TEST(Median, OfAVectorIsWhatTheChainsTestStates) {
  const json::Value all = vectors("upstream.json");
  std::size_t seen = 0;
  for (const json::Value& each : all.as_object().at("weighted_median").as_array()) {
    const json::Object& one = each.as_object();
    const auto stake = column_of(one.at("stake"));
    const bits lost = consensus::one - fixed(one.at("majority"));
    EXPECT_EQ(median_of(stake, column_of(one.at("score")), lost), fixed(one.at("median")))
        << json::serialize(each);
    ++seen;
  }
  EXPECT_EQ(seen, 12u);
}

TEST(Median, OfTheColumnsOfAMatrixIsWhatTheChainsTestStates) {
  const json::Value all = vectors("upstream.json");
  std::size_t seen = 0;
  for (const json::Value& each : all.as_object().at("weighted_median_col").as_array()) {
    const json::Object& one = each.as_object();
    std::vector<bits> stake = column_of(one.at("stake"));
    consensus::normalize(stake);
    const json::Array& medians = one.at("median").as_array();
    for (std::size_t j = 0; j < medians.size(); ++j) {
      std::vector<bits> score;
      for (const json::Value& row : one.at("weights").as_array()) {
        score.push_back(fixed(row.as_array()[j]));
      }
      EXPECT_EQ(median_of(stake, score, consensus::sum(stake) - fixed(one.at("kappa"))),
                fixed(medians[j]))
          << json::serialize(each) << " column " << j;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 12u);
}

// ---- the seed's policy

// Mean scores of the verdicts within the period, both ends included; nodes by first appearance.
EmissionInput scored(const json::Object& one, std::vector<std::string>& names) {
  EmissionInput in;
  in.budget_nano = one.at("amount").to_number<std::uint64_t>();
  const json::Array* period = one.at("period").if_array();
  for (const json::Value& each : one.at("results").as_array()) {
    const json::Array& verdict = each.as_array();
    const auto at = verdict[2].to_number<std::int64_t>();
    if (period != nullptr && (at < (*period)[0].to_number<std::int64_t>() ||
                              at > (*period)[1].to_number<std::int64_t>())) {
      continue;
    }
    const std::string name(verdict[0].as_string());
    const auto found = std::find(names.begin(), names.end(), name);
    const auto row = static_cast<std::size_t>(found - names.begin());
    if (found == names.end()) {
      names.push_back(name);
      add_node(in, {});
    }
    in.score_sum_ppm[row] +=
        static_cast<std::uint64_t>(std::llrint(verdict[1].to_number<double>() * 1e6));
    ++in.score_count[row];
  }
  in.weights.row_at.assign(names.size() + 1, 0);
  in.bonds.row_at.assign(names.size() + 1, 0);
  return in;
}

TEST(Proportional, PaysWhatTheSeedsMethodAllots) {
  const auto policy = open_policy("proportional");
  ASSERT_TRUE(policy) << policy.error().message;
  const json::Array& rows = rows_of("proportional");
  EXPECT_EQ(rows.size(), 9u);
  for (const json::Value& each : rows) {
    const json::Object& one = each.as_object();
    std::vector<std::string> names;
    const EmissionInput in = scored(one, names);
    const auto out = (*policy)->compute(in);
    ASSERT_TRUE(out) << out.error().message;
    ASSERT_EQ(names.size(), one.at("tokens").as_object().size());
    std::uint64_t paid = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::uint64_t amount = out->amount_nano[i];
      EXPECT_EQ(amount, one.at("tokens").at(names[i]).to_number<std::uint64_t>()) << names[i];
      EXPECT_NEAR(static_cast<double>(amount),
                  one.at("allocation").at(names[i]).to_number<double>() *
                      static_cast<double>(in.budget_nano),
                  1)
          << names[i];
      paid += amount;
    }
    EXPECT_EQ(out->unallocated_nano, in.budget_nano - paid);
    EXPECT_TRUE(paid == in.budget_nano || paid == 0);
  }
}

// Three miners of mean 0.9, 0.6 and 0.5: the first two are of one key, and one validator alone
// weighs the last.
TEST(Proportional, KeepsToAKeysCapAndToTheLeastOfValidators) {
  EmissionInput in;
  in.budget_nano = 2000;
  for (int i = 0; i < 2; ++i) add_node(in, {.validator = true});
  for (const std::uint64_t score : {900'000, 600'000, 500'000}) {
    add_node(in, {});
    in.score_sum_ppm.back() = score;
    in.score_count.back() = 1;
  }
  in.owner = {0, 0, 7, 7, 0};
  in.weights = {{0, 3, 6, 6, 6, 6}, {2, 3, 4, 2, 3, 4}, {9, 9, 9, 9, 9, 0}};
  in.bonds.row_at.assign(6, 0);
  const auto amounts = [&](const json::Object& settings) {
    const EmissionOutput out = open_policy("proportional", settings).value()->compute(in).value();
    EXPECT_EQ(std::accumulate(out.amount_nano.begin(), out.amount_nano.end(), std::uint64_t{0}) +
                  out.unallocated_nano,
              in.budget_nano);
    return std::vector<std::uint64_t>(out.amount_nano.begin() + 2, out.amount_nano.end());
  };
  using Amounts = std::vector<std::uint64_t>;
  EXPECT_EQ(amounts({}), (Amounts{900, 600, 500}));
  EXPECT_EQ(amounts({{"owner_cap_ppm", 500'000}}), (Amounts{600, 400, 500}));
  EXPECT_EQ(amounts({{"owner_cap_ppm", 100'000}}), (Amounts{120, 80, 200}));
  EXPECT_EQ(amounts({{"validators_min", 2}}), (Amounts{1200, 800, 0}));
  EXPECT_EQ(amounts({{"validators_min", 3}}), (Amounts{0, 0, 0}));
  EXPECT_EQ(amounts({{"validators_min", 2}, {"owner_cap_ppm", 500'000}}), (Amounts{600, 400, 0}));
  const auto strict = open_policy("proportional", {{"validators_min", 2}});
  EXPECT_EQ(strict.value()->explain(in, 4).value(),
            "weighed by 1 validators of at least 2 (validators_min): left out of the total");
}

TEST(Founder, GetsItsShareRoundedDown) {
  for (const json::Value& row : rows_of("founder_split")) {
    const json::Array& r = row.as_array();
    const auto budget = r[0].to_number<std::uint64_t>();
    const std::uint64_t founder =
        consensus::founder_part(budget, r[1].to_number<std::uint32_t>());
    EXPECT_EQ(founder, r[3].to_number<std::uint64_t>());
    EXPECT_EQ(budget - founder, r[2].to_number<std::uint64_t>());
  }
}

TEST(Treasury, GetsEverything) {
  Policies policies({});
  for (const json::Value& row : rows_of("treasury")) {
    const json::Array& r = row.as_array();
    const json::Object have = policies.answer(
        make_case("treasury", {{"token_emission", r[0]}}, {{"stake", json::Array{1, 2}}}));
    EXPECT_EQ(have.at("treasury"), r[1]);
    EXPECT_EQ(have.at("total_emitted"), r[1]) << "once, not beside the founder";
    EXPECT_EQ(have.at("founder_emission"), r[1]);
    for (const char* rest : {"dust", "unallocated"}) {
      EXPECT_EQ(have.at(rest).to_number<std::uint64_t>(), 0u);
    }
  }
}

}  // namespace
}  // namespace subnetd::test
