// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <sstream>

#include <subnet/testing.hpp>

namespace {

using subnet::testing::component;
using subnet::testing::load_file;

struct Epoch {
  uint64_t budget = 0;
  std::vector<uint64_t> sum;
  std::vector<uint32_t> count;
  std::vector<uint8_t> role, payable;
  std::vector<uint64_t> order;
  std::vector<uint64_t> amount;
  std::vector<uint16_t> incentive;
  uint64_t unallocated = 0;

  void miner(uint64_t sum_ppm, uint32_t verdicts, bool paid = true) {
    sum.push_back(sum_ppm);
    count.push_back(verdicts);
    role.push_back(SBN_ROLE_MINER);
    payable.push_back(paid ? 1 : 0);
    order.push_back(order.size());
  }
  void compute(component& policy) {
    const size_t n = sum.size();
    amount.assign(n, 99);
    incentive.assign(n, 99);
    sbn_emission_in in{};
    in.struct_size = sizeof in;
    in.budget_nano = budget;
    in.n = n;
    in.role = role.data();
    in.payable = payable.data();
    in.registered_at = order.data();
    in.score_sum_ppm = sum.data();
    in.score_count = count.data();
    sbn_emission_out out{};
    out.struct_size = sizeof out;
    out.n = n;
    out.amount_nano = amount.data();
    out.incentive = incentive.data();
    policy.compute(in, out);
    unallocated = out.unallocated_nano;
  }
};

struct Proportional : testing::Test {
  component policy{load_file(PLUGIN_DIR "/proportional.sbn.so")};
  Epoch epoch;
};

TEST_F(Proportional, EqualsTheExactRationalsOfTheReference) {
  std::ifstream file(SUBNETD_SOURCE_DIR "/tests/vectors/emission/proportional.txt");
  size_t cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    std::istringstream row(line);
    epoch = Epoch();
    size_t n = 0;
    row >> epoch.budget >> n;
    std::vector<uint64_t> expected(n);
    std::vector<uint64_t> weights(n);
    for (size_t i = 0; i < n; ++i) {
      uint64_t sum = 0, order = 0;
      uint32_t count = 0;
      row >> sum >> count >> order >> expected[i] >> weights[i];
      epoch.miner(sum, count);
      epoch.order.back() = order;
    }
    ASSERT_TRUE(row) << line;
    epoch.compute(policy);
    EXPECT_EQ(epoch.amount, expected) << line;
    EXPECT_EQ(std::vector<uint64_t>(epoch.incentive.begin(), epoch.incentive.end()), weights)
        << line;
  }
  EXPECT_GE(cases, 2'000u);
}

TEST_F(Proportional, PaysTheLeftUnitToTheEarlierRegistration) {
  epoch.budget = 2;
  for (int i = 0; i < 3; ++i) epoch.miner(500'000, 1);
  epoch.order = {3, 1, 2};
  epoch.compute(policy);
  EXPECT_EQ(epoch.amount, (std::vector<uint64_t>{0, 1, 1}));
}

TEST_F(Proportional, LeavesEverythingUnallocatedWithoutVerdicts) {
  epoch.budget = 100;
  epoch.miner(0, 0);
  epoch.compute(policy);
  EXPECT_EQ(epoch.unallocated, 100u);
  EXPECT_EQ(epoch.amount[0], 0u);
}

TEST_F(Proportional, LeavesEverythingUnallocatedWhenEveryMeanIsZero) {
  epoch.budget = 100;
  epoch.miner(0, 3);
  epoch.compute(policy);
  EXPECT_EQ(epoch.unallocated, 100u);
}

TEST_F(Proportional, LeavesFlaggedMinersOutOfTheTotal) {
  epoch.budget = 100;
  epoch.miner(900'000, 1, false);
  epoch.miner(100'000, 1);
  epoch.compute(policy);
  EXPECT_EQ(epoch.amount, (std::vector<uint64_t>{0, 100}));
  EXPECT_EQ(epoch.incentive, (std::vector<uint16_t>{0, 65'535}));
}

TEST_F(Proportional, StaysExactWithTheLargestBudgetAndUnlikeCounts) {
  epoch.budget = UINT64_MAX;
  for (uint32_t i = 1; i <= 300; ++i) epoch.miner(uint64_t{i} * 999'983, 4'294'967'295u - 2 * i);
  epoch.compute(policy);
  unsigned __int128 paid = 0;
  for (const uint64_t amount : epoch.amount) paid += amount;
  EXPECT_TRUE(paid == UINT64_MAX);
  EXPECT_EQ(epoch.unallocated, 0u);
}

}  // namespace
