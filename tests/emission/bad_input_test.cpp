// SPDX-License-Identifier: 0BSD
// What is no epoch is refused by name, before or in the policy; what only looks odd has the chain's
// own answer.
#include "cases.hpp"
#include "drawn.hpp"

namespace subnetd::test {
namespace {

const char* const policies[] = {"linear", "yuma", "yuma3"};

// What a policy says to an epoch that `bend` has spoilt; "accepted" where it says nothing.
template <class Bend>
std::string refusal(const std::string& policy, Bend&& bend) {
  const auto open = open_policy(policy);
  if (!open) return "not opened: " + open.error().message;
  EmissionInput in = draw(7);
  bend(in);
  const auto out = (*open)->compute(in);
  return out ? "accepted" : out.error().message;
}

// The same of all three.
template <class Bend>
void expect_refused(const std::string& words, Bend&& bend) {
  for (const char* policy : policies) {
    const std::string said = refusal(policy, bend);
    EXPECT_NE(said.find(words), std::string::npos) << policy << ": " << said;
  }
}

TEST(BadInput, TheEpochThatIsSpoiltBelowIsFineAsItIs) {
  for (const char* policy : policies) EXPECT_EQ(refusal(policy, [](auto&) {}), "accepted");
}

TEST(BadInput, UidsThatRepeatOrGoBackAreNamed) {
  expect_refused("uids must be sorted and unique", [](EmissionInput& in) { in.uid[3] = 2; });
  expect_refused("uids must be sorted and unique", [](EmissionInput& in) { in.uid[3] = 1; });
}

TEST(BadInput, EntriesOfNobodyAreNamed) {
  const auto last = [](Csr16& rows) {
    rows.col.back() = 1'000'000;
  };
  expect_refused("weights: column out of range", [&](EmissionInput& in) { last(in.weights); });
  expect_refused("bonds: column out of range", [&](EmissionInput& in) { last(in.bonds); });
}

TEST(BadInput, RowsThatRepeatOrGoBackAreNamed) {
  constexpr const char* words = "columns of a row must be sorted and unique";
  const auto row = [](const Csr16& rows) {
    std::size_t r = 0;
    while (rows.row_at[r + 1] - rows.row_at[r] < 3) ++r;
    return rows.row_at[r];
  };
  expect_refused(std::string("weights: ") + words,
                 [&](EmissionInput& in) {
                   const auto at = row(in.weights);
                   in.weights.col[at + 1] = in.weights.col[at];
                 });
  expect_refused(std::string("bonds: ") + words,
                 [&](EmissionInput& in) {
                   const auto at = row(in.bonds);
                   std::swap(in.bonds.col[at], in.bonds.col[at + 1]);
                 });
  // Where only the last entry of a long row is wrong.
  expect_refused(std::string("weights: ") + words, [](EmissionInput& in) {
    const std::size_t n = in.uid.size();
    in.weights = {{0}, {}, {}};
    for (std::uint32_t j = 0; j < n; ++j) in.weights.col.push_back(j);
    in.weights.col.back() = 0;
    in.weights.val.assign(n, 1);
    in.weights.row_at.insert(in.weights.row_at.end(), n, n);
  });
}

TEST(BadInput, LengthsThatDifferAreNamed) {
  expect_refused("a column has", [](EmissionInput& in) { in.stake_nano.pop_back(); });
  expect_refused("a column has", [](EmissionInput& in) { in.permit.push_back(1); });
  expect_refused("registered_block has", [](EmissionInput& in) { in.registered_block.pop_back(); });
  expect_refused("weights: lengths differ", [](EmissionInput& in) { in.weights.val.pop_back(); });
  expect_refused("bonds: lengths differ", [](EmissionInput& in) { in.bonds.row_at.pop_back(); });
  expect_refused("weights: offsets go back", [](EmissionInput& in) {
    in.weights.row_at[1] = in.weights.col.size() + 9;
  });
}

TEST(BadInput, StakesOverSixtyFourBitsAreNamedAndAllOfSixtyFourAreNot) {
  const auto stakes = [](std::uint64_t first) {
    return [first](EmissionInput& in) {
      in.stake_nano.assign(in.uid.size(), 0);
      in.stake_nano[0] = first;
      in.stake_nano[1] = 1;
    };
  };
  expect_refused("the stakes add up to more than 2^64 - 1 nano; the most, 18446744073709551615",
                 stakes(UINT64_MAX));
  for (const char* policy : policies) {
    EXPECT_EQ(refusal(policy, stakes(UINT64_MAX - 1)), "accepted") << policy;
  }
}

TEST(BadInput, ParametersOutOfRangeAreNamedWithTheirRange) {
  const struct {
    std::uint64_t id;
    std::int64_t value;
    const char* words;
  } all[] = {
      {SBN_PARAM_KAPPA, 65'536, "parameter kappa is 65536, not in 0..65535"},
      {SBN_PARAM_KAPPA, -1, "parameter kappa is -1, not in 0..65535"},
      {SBN_PARAM_ACTIVITY_CUTOFF, -1, "parameter activity_cutoff is -1"},
      {SBN_PARAM_MAX_VALIDATORS, -2, "parameter max_validators is -2"},
      {SBN_PARAM_MIN_STAKE, -1, "parameter min_stake is -1"},
      {SBN_PARAM_FOUNDER_SHARE, 101, "parameter founder_share is 101, not in 0..100"},
      {SBN_PARAM_BONDS_MA, 1'000'001, "parameter bonds_ma is 1000001, not in 0..1000000"},
      {SBN_PARAM_BONDS_PENALTY, 65'536, "parameter bonds_penalty is 65536"},
      {SBN_PARAM_LIQUID_ALPHA, 2, "parameter liquid_alpha is 2, not in 0..1"},
      {SBN_PARAM_ALPHA_LOW, -1, "parameter alpha_low is -1"},
      {SBN_PARAM_ALPHA_HIGH, 65'536, "parameter alpha_high is 65536"},
      {SBN_PARAM_ALPHA_STEEPNESS, (1 << 30) + 1, "parameter alpha_steepness is 1073741825"},
      {SBN_PARAM_YUMA3, 2, "parameter yuma3 is 2, not in 0..1"},
      {SBN_PARAM_OWNER_UID, -2, "parameter owner_uid is -2"},
      {SBN_PARAM_TEMPO, -1, "parameter tempo is -1"},
  };
  for (const auto& one : all) {
    expect_refused(one.words, [&](EmissionInput& in) { in.params[one.id] = one.value; });
  }
}

TEST(BadInput, SettingsOutOfRangeAreNamedAndTheEndsOfARangeAreNot) {
  const struct {
    const char* policy;
    const char* name;
    json::Value bad, good;
  } all[] = {
      {"linear", "mode", "quick", "fast"},
      {"linear", "dust", "sweep", "treasury"},
      {"linear", "instructions", "neon", "plain"},
      {"linear", "threads", 257, 256},
      {"linear", "owner_cap_ppm", 1'000'001, 1'000'000},
      {"linear", "validators_min", 65'536, 65'535},
      {"linear", "founder_share", 101, 100},
      {"linear", "min_stake", -1, 0},
      {"linear", "activity_cutoff", -1, 0},
      {"linear", "max_validators", -2, -1},
      {"linear", "kappa", 1, nullptr},  // bonds and a median it has not
      {"yuma", "kappa", 65'536, 65'535},
      {"yuma", "kappa", -1, 0},
      {"yuma", "kappa", 0.5, 1},
      {"yuma", "bonds_ma", 1'000'001, 1'000'000},
      {"yuma", "liquid_alpha", 1, true},
      {"yuma", "alpha_low", 65'536, 65'535},
      {"yuma", "alpha_high", -1, 0},
      {"yuma", "bonds_penalty", 1, nullptr},
      {"yuma3", "bonds_penalty", 65'536, 65'535},
      {"yuma3", "alpha_steepness", (1 << 30) + 1, 1 << 30},
      {"yuma3", "alpha_steepness", -(1 << 30) - 1, -(1 << 30)},
      {"yuma3", "owner_uid", 4'294'967'296, 4'294'967'295},
      {"yuma3", "tempo", -1, 0},
      {"yuma3", "yuma3", "no", false},
  };
  for (const auto& one : all) {
    const auto bad = open_policy(one.policy, {{one.name, one.bad}});
    ASSERT_FALSE(bad) << one.policy << " " << one.name << " " << one.bad;
    EXPECT_NE(bad.error().message.find(one.name), std::string::npos) << bad.error().message;
    if (one.good.is_null()) continue;
    const auto good = open_policy(one.policy, {{one.name, one.good}});
    EXPECT_TRUE(good) << good.error().message;
  }
}

// ---- what is no error

TEST(OddInput, NobodyAtAllLeavesTheBudgetUnallocated) {
  for (const char* policy : policies) {
    EmissionInput in;
    in.budget_nano = 7;
    in.weights.row_at = in.bonds.row_at = {0};
    const auto out = (*open_policy(policy))->compute(in);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->unallocated_nano, 7u) << policy;
  }
}

TEST(OddInput, NothingButZeroesPaysNobody) {
  for (const char* policy : policies) {
    EmissionInput in;
    in.budget_nano = 1000;
    for (int i = 0; i < 20; ++i) add_node(in, {});
    in.weights = {{0}, {}, {}};
    for (std::uint32_t i = 0; i < 20; ++i) {
      for (std::uint32_t j = 0; j < 20; ++j) {
        in.weights.col.push_back(j);
        in.weights.val.push_back(0);
      }
      in.weights.row_at.push_back(in.weights.col.size());
    }
    in.bonds = in.weights;
    const auto out = (*open_policy(policy))->compute(in);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->amount_nano, std::vector<std::uint64_t>(20, 0)) << policy;
    EXPECT_EQ(out->unallocated_nano, 1000u) << policy;
  }
}

// It may not weigh itself: without incentives the budget goes by stake, all of it to the one.
TEST(OddInput, ASingleNodeGetsTheBudgetByItsStake) {
  for (const char* policy : policies) {
    EmissionInput in;
    in.budget_nano = 1000;
    in.block = 10;
    add_node(in, {true, 5, 9, 1, true});
    in.weights = {{0, 1}, {0}, {65'535}};
    in.bonds = {{0, 1}, {0}, {65'535}};
    const auto out = (*open_policy(policy))->compute(in);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->amount_nano, std::vector<std::uint64_t>{1000}) << policy;
    EXPECT_EQ(out->incentive, std::vector<std::uint16_t>{0}) << policy;
  }
}

// ---- files

std::string read(const std::string& input, const std::string& params = "") {
  const std::string text = R"({"algo":"commune_yuma","params":{"token_emission":10)" + params +
                           R"(},"input":{"block":9,)" + input + "}}";
  const auto value = json::parse(text, text.size());
  if (!value) return value.error().message;
  const auto epoch = cli::read_emission_case(*value);
  if (!epoch) return epoch.error().message;
  const auto out = (*open_policy("yuma"))->compute(epoch->input);
  return out ? "accepted" : out.error().message;
}

TEST(BadFile, WhatIsNoEpochIsNamed) {
  const struct {
    const char* input;
    const char* words;
  } all[] = {
      {R"("stake":[1,2],"weights":[[[1,5]],[]])", "accepted"},
      {R"("stake":[1,2],"weights":[[[1,5],[1,6]],[]])", "sorted and unique"},
      {R"("stake":[1,2,3],"weights":[[[2,5],[1,6]],[],[]])", "sorted and unique"},
      {R"("stake":[1,2],"weights":[[[1,65536]],[]])", "65536 is over 65535"},
      {R"("stake":[1,2],"weights":[[[1,-1]],[]])", "not a whole number"},
      {R"("stake":[1,2],"weights":[[[1,0.5]],[]])", "not a whole number"},
      {R"("stake":[1,2],"weights":[[[1,NaN]],[]])", "JSON at byte"},
      {R"("stake":[1,2],"weights":[[[1]],[]])", "an entry is [uid, value]"},
      {R"("stake":[1,2],"weights":[[]])", "input.weights: 1 rows of 2"},
      {R"("stake":[1,2],"permits":[1])", "input.permits has 1 rows, stake 2"},
      {R"("stake":[1,-2])", "not a whole number"},
      {R"("stake":[18446744073709551615,1])", "add up to more than 2^64 - 1"},
      {R"("stake":[1,2],"uid":[4,4])", "uids must be sorted and unique"},
      {R"("stake":[1,2],"wieghts":[[],[]])", "wieghts"},
      // As on the chain: weights for a uid that nobody holds are passed over, bonds are not.
      {R"("stake":[1,2],"weights":[[[9,5]],[]])", "accepted"},
      {R"("stake":[1,2],"bonds":[[[9,5]],[]])", "input.bonds[0]: there is no uid 9"},
  };
  for (const auto& one : all) {
    const std::string said = read(one.input);
    EXPECT_NE(said.find(one.words), std::string::npos) << one.input << "\n" << said;
  }
  EXPECT_EQ(read(R"("stake":[1])", R"(,"kappa":65536)"),
            "params.kappa: 65536 is not in 0..65535");
  EXPECT_NE(read(R"("stake":[1])", R"(,"kappa":null)").find("params.kappa"), std::string::npos);
}

TEST(BadFile, ScoresThatAreNoScoresAreNamed) {
  const auto said = [](const std::string& score, const std::string& count) {
    const std::string text = R"({"budget_nano":10,"rows":[{"score_sum_ppm":)" + score +
                             R"(,"score_count":)" + count + "}]}";
    const auto value = json::parse(text, text.size());
    if (!value) return value.error().message;
    const auto epoch = cli::read_emission_case(*value);
    if (!epoch) return epoch.error().message;
    const auto checked = plugin::check_input(epoch->input);
    return checked ? std::string("accepted") : checked.error().message;
  };
  EXPECT_EQ(said("1000000", "1"), "accepted");
  EXPECT_NE(said("1000001", "1").find("score sum over its count"), std::string::npos);
  EXPECT_NE(said("-1", "1").find("not a whole number"), std::string::npos);
  EXPECT_NE(said("0.5", "1").find("not a whole number"), std::string::npos);
  EXPECT_NE(said("1", "4294967296").find("4294967296 is over"), std::string::npos);
  EXPECT_EQ(json::parse(R"({"rows":[{"score_sum_ppm":NaN}]})", 100).has_value(), false);
}

}  // namespace
}  // namespace subnetd::test
