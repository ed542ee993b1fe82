// SPDX-License-Identifier: 0BSD
// emission compare, the case it reads, and the weight copier it simulates.
#include <numeric>

#include "cli/emission_case.hpp"
#include "cli/subnet_case.hpp"
#include "cli/transcript.hpp"
#include "cli/weight_copier.hpp"
#include "subnet/emission.h"

namespace subnetd::cli {
namespace {

// Two validators of 10^12 and 3 * 10^12 stake, two miners; uid 2 is free.
constexpr const char* subnet = R"({"id":"demo epoch 4","params":{"token_emission":1000,"tempo":50},
  "input":{"epoch":4,"block":100,"last_step_block":50,"uid":[0,1,3,4],"role":[2,2,1,1],
  "stake":[1000000000000,3000000000000,0,0],"last_update":[99,98,0,0],
  "registered_at":[1,2,3,4],"registered_block":[0,0,0,0],"permits":[1,1,0,0],"owner":[0,0,0,0],
  "payable":[1,1,1,1],"score_sum_ppm":[0,0,900000,300000],"score_count":[0,0,1,1],
  "weights":[[[3,65535],[4,21845]],[[3,65535],[4,21845]],[],[]],"bonds":[[[3,7]],[],[],[]]}})";

Result<EmissionInput> read(const std::string& text) {
  const json::Value value = json::parse(text, 1 << 20).value();
  return read_subnet_case(json::Fields(value.get_object()));
}

std::string with(std::string_view piece, std::string_view other) {
  std::string text = subnet;
  text.replace(text.find(piece), piece.size(), other);
  return text;
}

TEST(SubnetCase, NamesNodesByUidWhateverIsBetween) {
  const EmissionInput in = read(subnet).value();
  EXPECT_EQ(in.weights.col, (std::vector<std::uint32_t>{2, 3, 2, 3}));
  EXPECT_EQ(in.weights.val, (std::vector<std::uint16_t>{65535, 21845, 65535, 21845}));
  EXPECT_EQ(in.bonds.row_at, (std::vector<std::uint64_t>{0, 1, 1, 1, 1}));
  EXPECT_EQ(in.params.at(SBN_PARAM_TEMPO), 50);
  EXPECT_EQ(in.last_step_block, 50u);
}

TEST(SubnetCase, SaysWhichColumnIsWrong) {
  const std::pair<std::string, const char*> wrong[] = {
      {with("\"stake\":[1000000000000,", "\"stake\":["), "input.stake: 3 rows of 4"},
      {with("[3,7]", "[2,7]"), "input.bonds[0]: there is no uid 2"},
      {with("[3,7]", "[3,65536]"), "input.bonds[0]: 65536 is over 65535"},
      {with("[3,7]", "3"), "input.bonds[0]: an entry is [uid, value]"},
      {with("[[3,7]]", "3"), "input.bonds[0]: a row is a list of [uid, value]"},
      {with("[[3,7]]", "[[4,1],[3,7]]"), "input.bonds[0]: uid 3 comes after 4"},
      {with("[0,1,3,4]", "[0,3,1,4]"), "input.uid[2]: 1 comes after 3"},
      {with("[99,98,", "[99,-98,"), "input.last_update[1]: not a whole number"},
      {with("\"role\":[2,", "\"role\":[7,"), "input.role[0]: 7 is neither 1, a miner, nor 2"},
      {with("\"permits\":[1,1,", "\"permits\":[1,9,"), "input.permits[1]: 9 is neither 0 nor 1"},
      {with("\"payable\":[1,", "\"payable\":[5,"), "input.payable[0]: 5 is neither 0 nor 1"},
      {with("\"payable\":", "\"parent\":[4,0,0,0],\"payable\":"),
       "input.parent[0]: 4 is the row of no node"},
      {with("\"uid\"", "\"uids\""), "uid"},
  };
  for (const auto& [text, message] : wrong) {
    const auto in = read(text);
    ASSERT_FALSE(in) << message;
    EXPECT_EQ(in.error().code, Errc::malformed);
    EXPECT_NE(in.error().message.find(message), std::string::npos) << in.error().message;
  }
}

// ---- emission compute, a chain's case

constexpr const char* chain = R"({"id":"two","algo":"subtensor","params":{"token_emission":1000000,
  "kappa":32767,"max_allowed_validators":4},"input":{"block":1000,"stake":[70,30,0,0],
  "last_update":[990,990,990,990],"registered_at":[1,1,1,1],"permits":[1,1,0,0],
  "weights":[[[2,40000],[3,20000]],[[2,10000],[3,50000]],[],[]],
  "bonds":[[[2,9000],[3,100]],[[3,30000]],[],[]]}})";

std::string chain_with(std::string_view piece, std::string_view other) {
  std::string text = chain;
  text.replace(text.find(piece), piece.size(), other);
  return text;
}
Transcript computed(const std::string& input, const std::vector<std::string>& set = {}) {
  std::vector<std::string> words{"emission", "compute", "--input", "-"};
  for (const std::string& each : set) {
    words.push_back("--set");
    words.push_back(each);
  }
  return subnetd(words, input);
}

TEST(EmissionCompute, WhatTheCommandLineSetsWinsOverTheCase) {
  const std::string as_told = computed(chain).out;
  EXPECT_EQ(computed(chain, {"kappa=32767"}).out, as_told);
  EXPECT_NE(computed(chain, {"kappa=0"}).out, as_told);
  EXPECT_EQ(computed(chain, {"kappa=0"}).out, computed(chain_with("32767", "0")).out);
  // A case of subtensor that does not say so is Yuma 2.
  const std::string yuma3 = computed(chain, {"yuma3=true"}).out;
  EXPECT_NE(yuma3, as_told);
  EXPECT_EQ(computed(chain_with("\"kappa\":", "\"yuma3\":true,\"kappa\":")).out, yuma3);
  EXPECT_EQ(computed(chain_with("subtensor", "yuma3")).out, yuma3);
}

TEST(EmissionCompute, ACaseThatIsWrongIsNamedWithThePlace) {
  for (const auto& [input, message] :
       {std::pair{chain_with("[70,30,", "[70,-30,"), "input.stake[1]: not a whole number"},
        std::pair{chain_with("[1,1,0,0]", "[1,9,0,0]"), "input.permits[1]: 9 is neither 0 nor 1"},
        std::pair{std::string(R"({"budget_nano":1,"rows":[{},{"payable":2}]})"),
                  "rows[1].payable: 2 is neither 0 nor 1"},
        std::pair{chain_with("[70,30,", "[70,true,"), "input.stake[1]: not a whole number"},
        std::pair{chain_with("50000", "65536"), "input.weights[1]: 65536 is over 65535"},
        std::pair{chain_with("[3,30000]", "[9,3]"), "input.bonds[1]: there is no uid 9"},
        std::pair{chain_with("32767", "32767,\"delegated_to\":[null,0.5,0,0]"),
                  "params.delegated_to[1]: not a whole number"},
        std::pair{chain_with("[[2,40000],[3,20000]]", "[[3,40000],[2,20000]]"),
                  "input.weights[0]: uid 2 comes after 3: the uids of a row must be sorted"},
        std::pair{chain_with("[3,100]", "[2,100]"), "input.bonds[0]: uid 2 comes after 2"},
        std::pair{chain_with("\"stake\":", "\"uid\":[0,1,1,3],\"stake\":"),
                  "input.uid[2]: 1 comes after 1: uids must be sorted and unique"},
        std::pair{chain_with("32767", "true"), "params.kappa: not a whole number"},
        std::pair{"[" + std::string(chain) + "," + chain_with("[70,30,", "[70,\"x\",") + "]",
                  "case \"two\": input.stake[1]"},
        std::pair{std::string("[") + chain + ",{\"budget_nano\":1}]", "case [1]: "},
        std::pair{std::string(R"({"budget_nano":1,"rows":[{"uid":4},{"uid":4}]})"),
                  "rows[1].uid: 4 comes after 4"},
        std::pair{std::string("[]"), "there is no case in it"},
        std::pair{std::string("{\"cases\":[]}"), "there is no case in it"},
        std::pair{std::string("{\"cases\":5}"), "cases: not a list"}}) {
    const Transcript wrong = computed(input);
    EXPECT_EQ(wrong.exit_code, 2) << wrong.err;
    EXPECT_NE(wrong.err.find(message), std::string::npos) << message << ": " << wrong.err;
  }
}

TEST(EmissionCompute, AParameterOutOfRangeIsRefusedInOneLine) {
  for (const auto& [param, message] :
       {std::pair{"\"kappa\":65536", "params.kappa: 65536 is not in 0..65535"},
        std::pair{"\"founder_share\":101", "params.founder_share: 101 is not in 0..100"},
        std::pair{"\"owner_uid\":-2", "params.owner_uid: -2 is not in -1..4294967295"},
        std::pair{"\"yuma3\":2", "params.yuma3: 2 is not in 0..1"}}) {
    const Transcript wrong = computed(chain_with("\"kappa\":32767", param));
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_EQ(wrong.err, std::string("subnetd: ") + message + "\n");
  }
}

TEST(EmissionCompute, WhatDustLeftToTheTreasuryIsSaid) {
  const Transcript dusty = computed(chain, {"dust=treasury"});
  EXPECT_NE(dusty.out.find("\"treasury\":"), std::string::npos) << dusty.out;
  EXPECT_EQ(computed(chain).out.find("\"treasury\":"), std::string::npos);
}

TEST(EmissionCompute, ADaemonsCaseIsAnsweredWithAllThatThePolicyComputes) {
  const Transcript all =
      subnetd({"emission", "compute", "--input", "-", "--policy", "yuma3"}, subnet);
  ASSERT_EQ(all.exit_code, 0) << all.err;
  for (const char* name : {"\"consensus\":", "\"dividends\":", "\"new_permits\":", "\"bonds\":"}) {
    EXPECT_NE(all.out.find(name), std::string::npos) << name << all.out;
  }
}

TEST(EmissionCompare, TheConfiguredPolicyHasItsSettingsHoweverItIsSpelt) {
  const Scratch folder;
  const std::string config = folder.write(
      "c.toml", "[emission]\nuse = \"subnetd.yuma/yuma\"\nsettings.founder_share = 50\n");
  const Transcript both = subnetd({"emission", "compare", "--policies",
                                   "yuma, subnetd.yuma/yuma", "--config", config, "--input", "-",
                                   "--output", "json"},
                                  subnet);
  ASSERT_EQ(both.exit_code, 0) << both.err;
  const json::Value answer = json::parse(both.out, 1 << 20).value();
  const auto& policies = answer.at("policies").as_array();
  EXPECT_EQ(policies[0].at("founder_nano"), policies[1].at("founder_nano"));
  EXPECT_GT(policies[0].at("founder_nano").to_number<int>(), 0);
}

TEST(EmissionCompute, AChainsCaseHasTheSettingsOfItsPolicyHoweverThatIsSpelt) {
  const Scratch folder;
  const std::string config = folder.write(
      "c.toml", "[emission]\nuse = \"subnetd.yuma/yuma\"\nsettings.founder_share = 50\n");
  const Transcript paid = subnetd({"emission", "compute", "--config", config, "--input", "-"},
                                  chain_with("subtensor", "commune_yuma"));
  EXPECT_NE(paid.out.find("\"founder_emission\":500000"), std::string::npos) << paid.out;
  // What the case says is over it.
  const Transcript told = subnetd({"emission", "compute", "--config", config, "--input", "-"},
                                  chain_with("subtensor\",\"params\":{",
                                             "commune_yuma\",\"params\":{\"founder_share\":0,"));
  EXPECT_NE(told.out.find("\"founder_emission\":0,"), std::string::npos) << told.out;
}

TEST(EmissionCompare, ASettingWinsOverTheCasesParameter) {
  const Transcript apart = subnetd({"emission", "compare", "--policies", "a=yuma3,b=yuma3", "--set",
                                    "a.founder_share=0", "--set", "b.founder_share=50", "--input",
                                    "-", "--output", "json"},
                                   chain_with("\"kappa\":", "\"founder_share\":10,\"kappa\":"));
  ASSERT_EQ(apart.exit_code, 0) << apart.err;
  const json::Value answer = json::parse(apart.out, 1 << 20).value();
  const auto& policies = answer.at("policies").as_array();
  EXPECT_EQ(policies[0].at("founder_nano").to_number<int>(), 0);
  EXPECT_NEAR(policies[1].at("founder_nano").to_number<int>(), 500'000, 1);
}

TEST(EmissionCompare, TakesOneCaseInAList) {
  const std::vector<std::string> words{"emission", "compare", "--policies", "proportional",
                                       "--input", "-"};
  EXPECT_EQ(subnetd(words, std::string("[") + subnet + "]").out, subnetd(words, subnet).out);
  const Transcript two = subnetd(words, std::string("[") + subnet + "," + subnet + "]");
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_NE(two.err.find("compare takes one case, there are 2"), std::string::npos) << two.err;
}

TEST(EmissionCompare, ShowsPoliciesSideBySide) {
  const Transcript rows = subnetd(
      {"emission", "compare", "--policies", "proportional,subnetd.proportional/proportional",
       "--input", "-"},
      subnet);
  EXPECT_EQ(rows.exit_code, 0) << rows.err;
  EXPECT_EQ(rows.out,
            "uid\trole\tproportional\tsubnetd.proportional/proportional\n"
            "0\tvalidator\t0\t0\n1\tvalidator\t0\t0\n"
            "3\tminer\t750\t750\n4\tminer\t250\t250\n");
  EXPECT_NE(rows.err.find("a weight copier would earn 0 nano"), std::string::npos) << rows.err;
}

TEST(EmissionCompare, SaysWhyAPolicyPaysNoMiner) {
  const Transcript apart = subnetd(
      {"emission", "compare", "--policies", "linear,yuma", "--input", "-"},
      with("[[[3,65535],[4,21845]],[[3,65535],[4,21845]],[],[]]", "[[[3,9]],[],[],[]]"));
  ASSERT_EQ(apart.exit_code, 0) << apart.err;
  EXPECT_NE(apart.err.find("it pays no miner: none that may be paid is weighed by more than 25 %"),
            std::string::npos)
      << apart.err;
  // Weighed by everybody and flagged: neither the stake nor redundancy is why.
  const Transcript flagged =
      subnetd({"emission", "compare", "--policies", "linear", "--input", "-"},
              with("\"payable\":[1,1,1,1]", "\"payable\":[1,1,0,0]"));
  EXPECT_NE(flagged.err.find("it pays no miner: each is flagged"), std::string::npos)
      << flagged.err;
  const Transcript unscored =
      subnetd({"emission", "compare", "--policies", "proportional", "--input", "-"},
              with("[0,0,900000,300000]", "[0,0,0,0]"));
  EXPECT_NE(unscored.err.find("it pays no miner: none has a score above 0"), std::string::npos)
      << unscored.err;
  const Transcript treasury =
      subnetd({"emission", "compare", "--policies", "treasury", "--input", "-"}, subnet);
  EXPECT_EQ(treasury.err.find("it pays no miner"), std::string::npos) << treasury.err;
}

TEST(EmissionCompare, APictureOfManySaysHowManyItShows) {
  std::string uids, roles, stakes, rows, scores;
  for (int i = 0; i < 60; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    uids += comma + std::to_string(i);
    roles += comma + "1";
    stakes += comma + "0";
    scores += comma + std::to_string(1000 * (i + 1));
    rows += comma + "1";
  }
  const std::string many = R"({"id":"many","params":{"token_emission":1000000},"input":{"epoch":1,)"
                           R"("block":9,"uid":[)" + uids + R"(],"role":[)" + roles +
                           R"(],"stake":[)" + stakes + R"(],"score_sum_ppm":[)" + scores +
                           R"(],"score_count":[)" + rows + "]}}";
  const Transcript picture = subnetd({"emission", "compare", "--policies", "proportional",
                                      "--input", "-", "--output", "svg"},
                                     many);
  ASSERT_EQ(picture.exit_code, 0) << picture.err;
  EXPECT_NE(picture.out.find("the most paid 40 of 60 nodes"), std::string::npos);
  EXPECT_EQ(picture.out.find("miner 19<"), std::string::npos);
  EXPECT_NE(picture.out.find("miner 20<"), std::string::npos);
}

TEST(EmissionCompare, APolicyStandsBesideItselfWithOtherSettings) {
  const Transcript rows = subnetd(
      {"emission", "compare", "--policies", "plain=linear,tithed=linear", "--set",
       "tithed.founder_share=10", "--set", "min_stake=0", "--input", "-", "--output", "json"},
      subnet);
  ASSERT_EQ(rows.exit_code, 0) << rows.err;
  const json::Value answer = json::parse(rows.out, 1 << 20).value();
  const auto& policies = answer.at("policies").as_array();
  ASSERT_EQ(policies.size(), 2u);
  EXPECT_EQ(policies[0].at("name").as_string(), "plain");
  EXPECT_EQ(policies[1].at("name").as_string(), "tithed");
  EXPECT_EQ(policies[0].at("founder_nano").to_number<std::uint64_t>(), 0u);
  // Of 1000, in the fixed point of the chain.
  EXPECT_EQ(policies[1].at("founder_nano").to_number<std::uint64_t>(), 99u);
  for (const auto& [policies_given, set, message] :
       {std::tuple{"linear,linear", "kappa=1", "is there twice"},
        std::tuple{"=linear", "kappa=1", "names nothing"},
        std::tuple{"a=", "kappa=1", "names nothing"},
        std::tuple{"a=linear", "b.kappa=1", "--set b.kappa=1 is for nobody"}}) {
    const Transcript wrong = subnetd(
        {"emission", "compare", "--policies", policies_given, "--set", set, "--input", "-"},
        subnet);
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_NE(wrong.err.find(message), std::string::npos) << wrong.err;
  }
}

TEST(EmissionCompare, AnswersInJsonAndAsAPicture) {
  const Transcript object = subnetd({"emission", "compare", "--policies", "proportional",
                                     "--input", "-", "--output", "json"},
                                    subnet);
  EXPECT_EQ(object.exit_code, 0) << object.err;
  EXPECT_NE(object.out.find("\"amount_nano\":[0,0,750,250]"), std::string::npos) << object.out;
  const Transcript picture = subnetd({"emission", "compare", "--policies", "proportional",
                                      "--input", "-", "--output", "svg"},
                                     subnet);
  EXPECT_TRUE(picture.out.starts_with("<svg")) << picture.out.substr(0, 99);
  EXPECT_NE(picture.out.find("demo epoch 4"), std::string::npos);
  EXPECT_NE(picture.out.find("a weight copier"), std::string::npos);
}

TEST(EmissionCompare, RefusesAPolicyThatIsNotInstalled) {
  EXPECT_EQ(subnetd({"emission", "compare", "--policies", "nothing", "--input", "-"}, subnet)
                .exit_code,
            3);
  EXPECT_EQ(subnetd({"emission", "compare", "--policies", ",", "--input", "-"}, subnet).exit_code,
            2);
}

TEST(EmissionCompute, AnswersTheCaseOfASubnetByAnyPolicy) {
  const Transcript paid = subnetd({"emission", "compute", "--input", "-"}, subnet);
  EXPECT_EQ(paid.exit_code, 0) << paid.err;
  EXPECT_NE(paid.out.find("\"paid\":[0,0,750,250]"), std::string::npos) << paid.out;
}

// Everybody whose row weighs somebody is paid by stake, times how long its bonds have grown.
Result<EmissionOutput> by_age(const EmissionInput& in) {
  EmissionOutput out;
  const std::size_t n = in.uid.size();
  out.amount_nano.assign(n, 0);
  out.consensus.assign(n, 0);
  out.permit.assign(n, 1);
  out.bonds_row.assign(n, SBN_BONDS_SET);
  out.bonds.row_at = {0};
  out.unallocated_nano = in.budget_nano;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t first = in.weights.row_at[i], end = in.weights.row_at[i + 1];
    for (std::uint64_t w = first; w < end; ++w) {
      const bool bonded = in.bonds.row_at[i] != in.bonds.row_at[i + 1];
      const auto age = bonded ? in.bonds.val[in.bonds.row_at[i]] : std::uint16_t{0};
      out.consensus[in.weights.col[w]] = 30'000;
      out.bonds.col.push_back(in.weights.col[w]);
      out.bonds.val.push_back(static_cast<std::uint16_t>(std::min<int>(age + 1, 4)));
      if (w == first) out.amount_nano[i] = in.stake_nano[i] / 1'000'000 * age;
    }
    out.bonds.row_at.push_back(out.bonds.col.size());
  }
  return out;
}

TEST(EmissionCompute, ConsensusOfAPolicyThatIsNoChainsIsSaid) {
  const EmissionCase epoch{"", "by_age", read(subnet).value()};
  EmissionOutput paid = by_age(epoch.input).value();
  paid.treasury_nano = 5;
  const json::Object answer = emission_answer(epoch, paid);
  EXPECT_EQ(json::serialize(answer.at("consensus")), "[0,0,30000,30000]");
  EXPECT_EQ(json::serialize(answer.at("new_permits")), "[1,1,1,1]");
  EXPECT_EQ(json::serialize(answer.at("bonds")), "[[[3,4],[4,4]],[[3,1],[4,1]],[],[]]");
  EXPECT_EQ(json::serialize(answer.at("treasury")), "5");
  EmissionOutput scores;
  scores.amount_nano = {0, 0, 750, 250};
  scores.consensus = {0, 0, 0, 0};
  scores.bonds_row = {0, 0, 0, 0};
  EXPECT_FALSE(emission_answer(epoch, scores).contains("bonds"));
}

TEST(EmissionCompute, ReadsUidsOfAChainsCaseWhateverIsBetween) {
  const auto answer = [](const char* uids, const char* weights) {
    const Transcript t = subnetd({"emission", "compute", "--input", "-"},
                                 std::string(R"({"algo":"commune_yuma",)") +
                                     R"("params":{"token_emission":1000},"input":{"block":1000,)" +
                                     uids + R"("stake":[100,100,0],"last_update":[990,990,0],)" +
                                     R"("registered_at":[1,1,1],"permits":[1,1,0],)" + weights +
                                     R"("bonds":[[],[],[]]}})");
    EXPECT_EQ(t.exit_code, 0) << t.err;
    return t.out;
  };
  const std::string plain = answer("", R"("weights":[[[2,100]],[[2,80]],[]],)");
  std::string gaps = answer(R"("uid":[3,7,9],)", R"("weights":[[[9,100]],[[9,80],[2,7]],[]],)");
  for (std::size_t at; (at = gaps.find("[9,")) != gaps.npos;) gaps.replace(at, 3, "[2,");
  EXPECT_EQ(gaps, plain) << "2 is nobody, as on a chain";
}

TEST(WeightCopier, EarnsLikeTheOthersOnceItsBondsHaveGrown) {
  const EmissionInput in = read(subnet).value();
  EXPECT_EQ(mean_stake_nano(in), 2'000'000'000'000u);
  const auto early = copier_earnings(by_age, in, {2'000'000'000'000, 2}).value();
  EXPECT_EQ(early.copier_nano, 2'000'000u);
  EXPECT_LT(early.per_stake_ppm, 1'000'000u);
  const auto late = copier_earnings(by_age, in, {2'000'000'000'000, 9}).value();
  EXPECT_EQ(late.copier_nano, 8'000'000u);
  EXPECT_EQ(late.validators_nano, 16'000'000u);
  EXPECT_NEAR(static_cast<double>(late.per_stake_ppm), 1e6, 2.0);
}

TEST(WeightCopier, NeedsAUidAboveAllOthers) {
  EmissionInput in = read(subnet).value();
  in.uid.back() = UINT32_MAX;
  const auto none = copier_earnings(by_age, in, {1, 1});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "no uid is left for a weight copier after 4294967295");
}

TEST(WeightCopier, ItsShareDoesNotDependOnTheUnit) {
  for (const std::uint64_t unit : {std::uint64_t{1}, std::uint64_t{1'000'000'000'000'000}}) {
    EmissionInput in = read(subnet).value();
    in.stake_nano = {unit, 3 * unit, 0, 0};
    const Compute policy = [](const EmissionInput& epoch) -> Result<EmissionOutput> {
      EmissionOutput out;
      out.amount_nano = {1, 3, 0, 0, 1};
      out.amount_nano.resize(epoch.uid.size());
      out.consensus.assign(epoch.uid.size(), 0);
      out.bonds_row.assign(epoch.uid.size(), SBN_BONDS_KEEP);
      return out;
    };
    // 1 for 2 of stake, where the others have 4 for 4.
    EXPECT_EQ(copier_earnings(policy, in, {2 * unit, 3}).value().per_stake_ppm, 500'000u) << unit;
  }
}

TEST(WeightCopier, WeighsAsTheConsensusOfTheEpochBefore) {
  std::vector<std::vector<std::uint16_t>> rows;
  const Compute policy = [&rows](const EmissionInput& in) -> Result<EmissionOutput> {
    const std::uint64_t first = in.weights.row_at[in.uid.size() - 1];
    rows.push_back({in.weights.val.begin() + static_cast<std::ptrdiff_t>(first),
                    in.weights.val.end()});
    EmissionOutput out;
    out.amount_nano.assign(in.uid.size(), 0);
    out.consensus.assign(in.uid.size(), 0);
    out.consensus[2] = static_cast<std::uint16_t>(100 * rows.size());
    out.bonds_row.assign(in.uid.size(), SBN_BONDS_KEEP);
    return out;
  };
  copier_earnings(policy, read(subnet).value(), {1, 2}).value();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_TRUE(rows[0].empty());
  EXPECT_EQ(rows[1], (std::vector<std::uint16_t>{100}));
  EXPECT_EQ(rows[2], (std::vector<std::uint16_t>{200}));
}

}  // namespace
}  // namespace subnetd::cli
