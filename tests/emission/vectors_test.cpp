// SPDX-License-Identifier: 0BSD
// The chains' vectors through the command line's reader, the ABI and the plugins.
#include <cmath>

#include "cases.hpp"

namespace subnetd::test {
namespace {

const json::Object& chains() {
  static const json::Value all = vectors("chains.json");
  return all.as_object();
}
std::string text(const json::Value& value) {
  return std::string(value.as_string());
}

// The fields of `expect` that differ, for a person to read.
std::string differences(const json::Object& expect, const json::Object& have) {
  std::string out;
  for (const auto& [name, wanted] : expect) {
    const json::Value& found = have.at(name);
    if (name == "raw") {
      out += differences(wanted.as_object(), found.as_object());
    } else if (!(wanted == found)) {
      out += std::string(name) + ": wanted " + json::serialize(wanted).substr(0, 300) + "\n have " +
             json::serialize(found).substr(0, 300) + "\n";
    }
  }
  return out;
}

class EveryWay : public testing::TestWithParam<Way> {};

TEST_P(EveryWay, CasesAnswerAsTheChainsDo) {
  Policies policies(GetParam());
  std::size_t seen = 0;
  for (const json::Value& each : chains().at("cases").as_array()) {
    const json::Object& one = each.as_object();
    const json::Object have = policies.answer(one);
    EXPECT_EQ(differences(one.at("expect").as_object(), have), "") << text(one.at("id"));
    EXPECT_EQ(digest(text(one.at("algo")), have), text(one.at("sha256"))) << text(one.at("id"));
    ++seen;
  }
  EXPECT_EQ(seen, 139u);
}

TEST_P(EveryWay, GeneratedCasesHaveTheChainsHashes) {
  Policies policies(GetParam());
  std::size_t seen = 0;
  for (const json::Value& each : chains().at("generated").as_array()) {
    const json::Object& one = each.as_object();
    const std::string algo = text(one.at("algo"));
    const json::Object have = policies.answer(make_case(
        algo, one.at("params").as_object(), generated(one.at("generator").as_object())));
    EXPECT_EQ(digest(algo, have), text(one.at("sha256"))) << text(one.at("id"));
    ++seen;
  }
  EXPECT_EQ(seen, 18u);
}

// The chains' Commune cases state what was emitted, the founder's part in it; what is missing to
// the budget is dust there.
TEST(TreasuryDust, IsWhatTheChainsDoNotMint) {
  Way to_treasury;
  to_treasury.dust = "treasury";
  Policies policies(to_treasury);
  std::size_t seen = 0, dusty = 0;
  for (const json::Value& each : chains().at("cases").as_array()) {
    const json::Object& expect = each.at("expect").as_object();
    if (!expect.contains("total_emitted")) continue;
    const auto number = [&](const char* name) {
      return expect.at(name).to_number<std::uint64_t>();
    };
    const auto epoch = cli::read_emission_case(each);
    ASSERT_TRUE(epoch) << epoch.error().message;
    const auto out = policies.compute(*epoch);
    ASSERT_TRUE(out) << out.error().message;
    const std::uint64_t founder = number("founder_emission");
    const std::uint64_t missing = epoch->input.budget_nano - number("total_emitted");
    const bool anyone = number("total_emitted") != founder;
    EXPECT_EQ(out->treasury_nano, anyone ? missing : 0) << text(each.at("id"));
    EXPECT_EQ(out->founder_nano, founder + out->treasury_nano) << text(each.at("id"));
    EXPECT_EQ(out->unallocated_nano, anyone ? 0 : missing) << text(each.at("id"));
    EXPECT_EQ(out->dust_nano, 0u) << text(each.at("id"));
    ++seen;
    dusty += out->treasury_nano != 0;
  }
  EXPECT_EQ(seen, 56u);
  EXPECT_GT(dusty, 30u);
}

class EveryFastWay : public testing::TestWithParam<Way> {};

std::uint64_t sum_of(const json::Object& answer) {
  std::uint64_t sum = 0;
  for (const char* name : {"total_emitted", "dust", "unallocated"}) {
    sum += answer.at(name).to_number<std::uint64_t>();
  }
  return sum;
}

TEST_P(EveryFastWay, CasesAnswerNearTheChainsWithASumThatIsTheBudget) {
  Way shared_out = GetParam();
  shared_out.dust = "largest_remainder";
  Policies policies(GetParam()), sharing(shared_out);
  std::size_t seen = 0;
  for (const json::Value& each : chains().at("cases").as_array()) {
    const json::Object& one = each.as_object();
    const auto budget = one.at("params").at("token_emission").to_number<std::uint64_t>();
    const json::Object have = policies.answer(one);
    EXPECT_EQ(outside_of_fast(one.at("expect").as_object(), have, static_cast<double>(budget)), "")
        << text(one.at("id"));
    EXPECT_EQ(sum_of(have), budget) << text(one.at("id"));
    const json::Object whole = sharing.answer(one);
    EXPECT_EQ(whole.at("dust").to_number<std::uint64_t>(), 0u);
    EXPECT_EQ(sum_of(whole), budget) << text(one.at("id"));
    ++seen;
  }
  EXPECT_EQ(seen, 139u);
}

INSTANTIATE_TEST_SUITE_P(Emission, EveryFastWay, testing::ValuesIn(ways("fast")),
                         [](const testing::TestParamInfo<Way>& way) {
                           return way.param.instructions + std::to_string(way.param.threads);
                         });

INSTANTIATE_TEST_SUITE_P(Emission, EveryWay, testing::ValuesIn(ways("exact")),
                         [](const testing::TestParamInfo<Way>& way) {
                           return way.param.instructions + std::to_string(way.param.threads);
                         });

}  // namespace
}  // namespace subnetd::test
