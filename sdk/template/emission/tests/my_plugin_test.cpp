// SPDX-License-Identifier: 0BSD
#include <gtest/gtest.h>

#include <numeric>
#include <subnet/testing.hpp>

using subnet::testing::component;
using subnet::testing::load_file;

TEST(MyPlugin, PaysTheSameAndLosesNoUnit) {
  component policy(load_file(PLUGIN));
  const std::vector<uint64_t> sums{900'000, 100'000, 600'000, 800'000}, order{1, 2, 3, 4};
  const std::vector<uint32_t> counts(4, 1);
  const std::vector<uint8_t> role(4, SBN_ROLE_MINER), payable(4, 1);
  sbn_emission_in in{};
  in.struct_size = sizeof in;
  in.n = 4;
  in.budget_nano = 100;
  in.role = role.data();
  in.payable = payable.data();
  in.registered_at = order.data();
  in.score_sum_ppm = sums.data();
  in.score_count = counts.data();
  std::vector<uint64_t> amount(4);
  sbn_emission_out out{};
  out.struct_size = sizeof out;
  out.n = 4;
  out.amount_nano = amount.data();
  policy.compute(in, out);
  EXPECT_EQ(amount, (std::vector<uint64_t>{33, 0, 33, 33}));
  EXPECT_EQ(std::accumulate(amount.begin(), amount.end(), out.dust_nano), in.budget_nano);
}
