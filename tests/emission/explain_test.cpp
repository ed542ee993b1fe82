// SPDX-License-Identifier: 0BSD
// What the consensus policies say of one node.
#include "cases.hpp"
#include "nodes.hpp"

namespace subnetd::test {
namespace {

// Three validators of equal stake; each weighs the miner of its number, all weigh the last one.
EmissionInput shared_out() {
  EmissionInput in;
  in.block = 1'000;
  in.budget_nano = 1'000'000;
  for (int i = 0; i < 7; ++i) {
    const bool validator = i < 3;
    add_node(in, {validator, validator ? 1'000u : 0u, validator ? 990u : 0u, 1, validator});
  }
  in.weights.row_at = {0, 2, 4, 6, 6, 6, 6, 6};
  in.weights.col = {3, 6, 4, 6, 5, 6};
  in.weights.val = {9, 9, 9, 9, 9, 9};
  in.bonds.row_at.assign(8, 0);
  return in;
}

std::string said(const std::string& policy, const EmissionInput& in, std::uint64_t row) {
  const auto open = open_policy(policy);
  if (!open) return open.error().message;
  const auto text = (*open)->explain(in, row);
  return text ? *text : text.error().message;
}

bool says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

TEST(Explain, SaysThatTooLittleStakeWeighsAMiner) {
  const EmissionInput in = shared_out();
  for (const char* policy : {"yuma", "yuma3"}) {
    EXPECT_TRUE(says(said(policy, in, 3),
                     "weighed by 333333 ppm of the stake that is heard, kappa asks for 499992"))
        << said(policy, in, 3);
    EXPECT_FALSE(says(said(policy, in, 6), "kappa")) << "all weigh it";
    EXPECT_FALSE(says(said(policy, in, 0), "kappa")) << "nobody does";
  }
  EXPECT_FALSE(says(said("linear", in, 3), "kappa")) << "a mean asks for none";
}

TEST(Explain, SaysWhoseStakeIsNotHeardAndWhoIsNotPaid) {
  EmissionInput in = shared_out();
  in.last_update[1] = in.registered_block[1];
  EXPECT_TRUE(says(said("linear", in, 1),
                   "has not weighed since the block it came in, so its stake is not heard"));
  in.block = 1'000'000;
  in.payable[6] = 0;
  for (const char* policy : {"linear", "yuma", "yuma3"}) {
    EXPECT_TRUE(says(said(policy, in, 0), "not weighed recently, so its stake is not heard"));
    EXPECT_FALSE(says(said(policy, in, 6), "its stake")) << "it has none";
    EXPECT_TRUE(says(said(policy, in, 6), "flagged: not paid"));
  }
}

}  // namespace
}  // namespace subnetd::test
