// SPDX-License-Identifier: 0BSD
#include "plugin/emission.hpp"

#include "plugin/fixtures.hpp"

namespace {

using namespace fixtures;
using plugin::Emission;
using subnetd::EmissionInput;

EmissionInput two_miners() {
  EmissionInput in;
  in.budget_nano = 100;
  in.uid = {0, 3};
  in.role = {1, 1};
  in.stake_nano = {0, 0};
  in.last_update = {0, 0};
  in.registered_at = {1, 2};
  in.permit = {0, 0};
  in.owner = {0, 0};
  in.parent = {0xffffffff, 0xffffffff};
  in.fee = {0, 0};
  in.payable = {0, 1};
  in.score_sum_ppm = {500'000, 500'000};
  in.score_count = {1, 1};
  in.weights = {{0, 1, 1}, {1}, {1}};  // leaves room for one bond
  in.bonds.row_at = {0, 0, 0};
  return in;
}

std::string refusal(const std::string& fixture) {
  Emission emission(must_start(fixture));
  const auto out = emission.compute(two_miners());
  return out ? "accepted" : out.error().message;
}

TEST(Emission, LetsOutWhatAddsUp) {
  Emission emission(must_start("good_emission"));
  const auto out = emission.compute(two_miners());
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->amount_nano, (std::vector<std::uint64_t>{0, 100}));
}

TEST(Emission, LetsNothingOutThatBreaksARule) {
  EXPECT_NE(refusal("emission_wrong_sum").find("do not add up"), std::string::npos);
  EXPECT_NE(refusal("emission_treasury_over_founder").find("the treasury's part is over"),
            std::string::npos);
  EXPECT_NE(refusal("emission_pays_the_flagged").find("uid 0 is flagged and paid"),
            std::string::npos);
  EXPECT_NE(refusal("emission_forgets_a_row").find("uid 3 gets more than the budget"),
            std::string::npos);
  EXPECT_NE(refusal("emission_bond_out_of_range").find("bonds"), std::string::npos);
  EXPECT_NE(refusal("emission_asks_for_more_forever").find("asks for room"), std::string::npos);
}

TEST(Emission, RefusesInputThatIsNoEpoch) {
  Emission emission(must_start("good_emission"));
  const auto refused = [&](auto bend) {
    EmissionInput in = two_miners();
    bend(in);
    const auto out = emission.compute(in);
    return !out && out.error().code == Errc::malformed;
  };
  EXPECT_TRUE(refused([](EmissionInput& in) { in.role.pop_back(); }));
  EXPECT_TRUE(refused([](EmissionInput& in) { in.uid = {3, 3}; }));
  EXPECT_TRUE(refused([](EmissionInput& in) { in.score_sum_ppm[0] = 1'000'001; }));
  EXPECT_TRUE(refused([](EmissionInput& in) { in.weights.row_at = {0, 1, 0}; }));
  EXPECT_TRUE(refused([](EmissionInput& in) { in.bonds = {{0, 1, 1}, {2}, {1}}; }));
  EXPECT_EQ(emission.instance().stats().calls, 0u);
}

TEST(Emission, AcceptsAnEmptySubnet) {
  Emission emission(must_start("good_emission"));
  EmissionInput in;
  in.budget_nano = 7;
  in.weights.row_at = in.bonds.row_at = {0};
  const auto out = emission.compute(in);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->unallocated_nano, 7u);
}

}  // namespace
