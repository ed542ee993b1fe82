// SPDX-License-Identifier: 0BSD
// What holds for a policy's answers to any epoch: order of nodes, sums, state between epochs.
#include <algorithm>
#include <numeric>

#include "cases.hpp"
#include "drawn.hpp"

namespace subnetd::test {
namespace {

// A policy and what its chain may ask of it.
struct Ask {
  std::string policy;
  std::map<std::uint64_t, std::int64_t> params;
};

const std::vector<Ask>& asks() {
  static const std::vector<Ask> all{
      {"linear", {}},
      {"linear", {{SBN_PARAM_MAX_VALIDATORS, 4}}},
      {"yuma", {}},
      {"yuma", {{SBN_PARAM_LIQUID_ALPHA, 1}, {SBN_PARAM_MAX_VALIDATORS, 5}}},
      {"yuma", {{SBN_PARAM_KAPPA, 0}, {SBN_PARAM_FOUNDER_SHARE, 12}}},
      {"yuma3", {{SBN_PARAM_YUMA3, 0}, {SBN_PARAM_BONDS_PENALTY, 20'000}}},
      {"yuma3", {{SBN_PARAM_MAX_VALIDATORS, 6}}},
      {"yuma3", {{SBN_PARAM_LIQUID_ALPHA, 1}, {SBN_PARAM_KAPPA, 65'535}}},
      {"yuma3", {{SBN_PARAM_OWNER_UID, 1}, {SBN_PARAM_MAX_VALIDATORS, 3}}},
  };
  return all;
}

EmissionInput epoch_of(const Ask& ask, std::uint64_t seed) {
  EmissionInput in = draw(seed);
  in.params = ask.params;
  in.params[SBN_PARAM_ACTIVITY_CUTOFF] = 500;
  return in;
}

EmissionOutput answer_of(plugin::Emission& policy, const EmissionInput& in) {
  auto out = policy.compute(in, true);
  EXPECT_TRUE(out) << out.error().message;
  return out ? std::move(*out) : EmissionOutput{};
}

template <class T>
std::vector<T> taken(const std::vector<T>& column, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  for (const std::size_t i : order) out.push_back(column[i]);
  return out;
}
Csr16 taken(const Csr16& rows, const std::vector<std::size_t>& order) {
  std::vector<std::uint32_t> now(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) now[order[k]] = static_cast<std::uint32_t>(k);
  Csr16 out{{0}, {}, {}};
  for (const std::size_t i : order) {
    std::map<std::uint32_t, std::uint16_t> row;
    for (std::uint64_t e = rows.row_at[i]; e < rows.row_at[i + 1]; ++e) {
      row[now[rows.col[e]]] = rows.val[e];
    }
    for (const auto& [col, val] : row) {
      out.col.push_back(col);
      out.val.push_back(val);
    }
    out.row_at.push_back(out.col.size());
  }
  return out;
}

// The same nodes under other uids, and who is named by a row or a uid under its new one.
EmissionInput taken(const EmissionInput& in, const std::vector<std::size_t>& order) {
  EmissionInput out = in;
  for (auto column : {&EmissionInput::role, &EmissionInput::permit, &EmissionInput::payable}) {
    out.*column = taken(in.*column, order);
  }
  for (auto column : {&EmissionInput::stake_nano, &EmissionInput::last_update,
                      &EmissionInput::registered_at, &EmissionInput::registered_block,
                      &EmissionInput::score_sum_ppm}) {
    out.*column = taken(in.*column, order);
  }
  for (auto column :
       {&EmissionInput::owner, &EmissionInput::parent, &EmissionInput::score_count}) {
    out.*column = taken(in.*column, order);
  }
  out.fee = taken(in.fee, order);
  const auto now = [&](std::uint32_t row) {
    return static_cast<std::uint32_t>(std::find(order.begin(), order.end(), row) - order.begin());
  };
  for (std::uint32_t& parent : out.parent) {
    if (parent < order.size()) parent = now(parent);
  }
  if (const auto owner = out.params.find(SBN_PARAM_OWNER_UID); owner != out.params.end()) {
    owner->second = now(static_cast<std::uint32_t>(owner->second));
  }
  out.weights = taken(in.weights, order);
  out.bonds = taken(in.bonds, order);
  return out;
}

// Three keys have the nodes, every seventh is flagged, and of four the second and the third
// delegate to the first, which delegates to nobody.
void tell_apart(EmissionInput& in) {
  for (std::uint32_t i = 0; i < in.uid.size(); ++i) {
    in.owner[i] = 1 + i % 3;
    in.payable[i] = i % 7 == 3 ? 0 : 1;
    if (i % 4 != 1 && i % 4 != 2) continue;
    in.parent[i] = i / 4 * 4;
    in.fee[i] = static_cast<std::uint16_t>(2'500 + 100 * i);
  }
}

// All of an answer, as text: what a person is shown where two differ.
std::string text_of(const EmissionOutput& o) {
  std::string text;
  const auto add = [&](const char* name, const auto& column) {
    text += std::string("\n") + name + ":";
    for (const auto value : column) text += " " + std::to_string(value);
  };
  add("sums", std::vector{o.founder_nano, o.treasury_nano, o.dust_nano, o.unallocated_nano});
  add("amount", o.amount_nano);
  add("miner", o.miner_nano);
  add("validator", o.validator_nano);
  add("combined", o.combined_nano);
  add("incentive", o.incentive);
  add("dividends", o.dividends);
  add("consensus", o.consensus);
  add("trust", o.trust);
  add("rank", o.rank);
  add("validator_trust", o.validator_trust);
  add("pruning", o.pruning);
  add("stake_weight", o.stake_weight);
  add("active", o.active);
  add("permit", o.permit);
  add("bonds_row", o.bonds_row);
  add("bonds.row_at", o.bonds.row_at);
  add("bonds.col", o.bonds.col);
  add("bonds.val", o.bonds.val);
  add("raw.active_stake", o.raw.active_stake);
  add("raw.consensus", o.raw.consensus);
  add("raw.rank", o.raw.rank);
  add("raw.incentive", o.raw.incentive);
  add("raw.dividends", o.raw.dividends);
  add("raw.validator_trust", o.raw.validator_trust);
  return text;
}

EmissionOutput taken(const EmissionOutput& o, const std::vector<std::size_t>& order) {
  EmissionOutput out = o;
  for (auto column : {&EmissionOutput::amount_nano, &EmissionOutput::miner_nano,
                      &EmissionOutput::validator_nano, &EmissionOutput::combined_nano}) {
    out.*column = taken(o.*column, order);
  }
  for (auto column :
       {&EmissionOutput::incentive, &EmissionOutput::dividends, &EmissionOutput::consensus,
        &EmissionOutput::trust, &EmissionOutput::rank, &EmissionOutput::validator_trust,
        &EmissionOutput::pruning, &EmissionOutput::stake_weight}) {
    out.*column = taken(o.*column, order);
  }
  for (auto column :
       {&EmissionOutput::active, &EmissionOutput::permit, &EmissionOutput::bonds_row}) {
    out.*column = taken(o.*column, order);
  }
  for (auto column :
       {&EmissionRaw::active_stake, &EmissionRaw::consensus, &EmissionRaw::rank,
        &EmissionRaw::incentive, &EmissionRaw::dividends, &EmissionRaw::validator_trust}) {
    out.raw.*column = taken(o.raw.*column, order);
  }
  out.bonds = taken(o.bonds, order);
  return out;
}

// Stakes are all different: among equal ones the uid decides who has a permit.
TEST(Laws, OtherUidsOfTheSameNodesPermuteTheAnswer) {
  const json::Object held{{"owner_cap_ppm", 100'000}, {"validators_min", 2}};
  for (const Ask& ask : asks()) {
    std::size_t fees = 0, withheld = 0;
    for (const json::Object& settings : {json::Object{}, held}) {
      const auto policy = open_policy(ask.policy, settings);
      ASSERT_TRUE(policy) << policy.error().message;
      for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        EmissionInput in = epoch_of(ask, seed);
        for (std::size_t i = 0; i < in.uid.size(); ++i) {
          if (in.stake_nano[i] != 0) in.stake_nano[i] = in.stake_nano[i] * 100 + i;
        }
        const EmissionOutput alike = answer_of(**policy, in);
        tell_apart(in);
        std::vector<std::size_t> order(in.uid.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
        const EmissionOutput plain = answer_of(**policy, in);
        const EmissionOutput shuffled = answer_of(**policy, taken(in, order));
        ASSERT_EQ(text_of(shuffled), text_of(taken(plain, order)))
            << ask.policy << " seed " << seed;
        fees += plain.dividends != alike.dividends;
        withheld += plain.unallocated_nano != alike.unallocated_nano;
      }
    }
    EXPECT_EQ(fees > 80, ask.policy != "yuma3") << ask.policy << ": it knows no fees: " << fees;
    EXPECT_GT(withheld, 100u) << ask.policy << ": flags and keys tell";
  }
}

std::uint64_t paid_in(const EmissionOutput& out) {
  return std::accumulate(out.amount_nano.begin(), out.amount_nano.end(), std::uint64_t{0});
}

TEST(Laws, WhatIsPaidAndLeftIsTheBudgetWhateverTheDust) {
  for (const Ask& ask : asks()) {
    for (const char* mode : {"exact", "fast"}) {
      for (const char* dust : {"drop", "largest_remainder", "treasury"}) {
        const auto policy = open_policy(ask.policy, {{"mode", mode}, {"dust", dust}});
        ASSERT_TRUE(policy) << policy.error().message;
        for (std::uint64_t seed = 1; seed <= 25; ++seed) {
          EmissionInput in = epoch_of(ask, seed);
          in.budget_nano = seed % 5 == 0 ? seed : in.budget_nano + seed;
          const EmissionOutput out = answer_of(**policy, in);
          EXPECT_EQ(paid_in(out) + out.founder_nano + out.dust_nano + out.unallocated_nano,
                    in.budget_nano);
          if (std::string(dust) != "drop") {
            EXPECT_EQ(out.dust_nano, 0u);
          }
        }
      }
    }
  }
}

// The treasury's part is told beside founder_nano, which it is in.
TEST(Laws, TheTreasuryGetsWhatDropDropsAndNothingElseMoves) {
  for (const Ask& ask : asks()) {
    for (const char* mode : {"exact", "fast"}) {
      json::Object settings{{"mode", mode}, {"dust", "drop"}, {"owner_cap_ppm", 300'000}};
      const auto dropping = open_policy(ask.policy, settings);
      settings["dust"] = "treasury";
      const auto keeping = open_policy(ask.policy, settings);
      settings["dust"] = "largest_remainder";
      const auto sharing = open_policy(ask.policy, settings);
      ASSERT_TRUE(dropping && keeping && sharing);
      std::size_t dusty = 0;
      for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        EmissionInput in = epoch_of(ask, seed);
        tell_apart(in);
        const EmissionOutput drop = answer_of(**dropping, in), kept = answer_of(**keeping, in);
        EXPECT_EQ(kept.treasury_nano, drop.dust_nano) << ask.policy << " seed " << seed;
        EXPECT_EQ(kept.founder_nano, drop.founder_nano + kept.treasury_nano);
        EXPECT_EQ(kept.dust_nano, 0u);
        EXPECT_EQ(kept.amount_nano, drop.amount_nano);
        EXPECT_EQ(kept.unallocated_nano, drop.unallocated_nano);
        EXPECT_EQ(paid_in(kept) + kept.founder_nano + kept.dust_nano + kept.unallocated_nano,
                  in.budget_nano);
        EXPECT_EQ(drop.treasury_nano, 0u);
        EXPECT_EQ(answer_of(**sharing, in).treasury_nano, 0u);
        dusty += kept.treasury_nano != 0;
      }
      EXPECT_GT(dusty, 15u) << ask.policy << " " << mode;
    }
  }
}

// With flagged nodes, keys and delegations among them.
TEST(Laws, NoKeyGetsMoreThanItsCapNobodyFlaggedAnythingAndTheSumIsTheBudget) {
  constexpr std::uint64_t cap_ppm = 100'000;
  std::uint64_t capped = 0;
  for (const Ask& ask : asks()) {
    for (const char* dust : {"drop", "largest_remainder"}) {
      const auto policy = open_policy(ask.policy, {{"owner_cap_ppm", cap_ppm}, {"dust", dust}});
      ASSERT_TRUE(policy) << policy.error().message;
      const auto uncapped = open_policy(ask.policy, {{"dust", dust}});
      ASSERT_TRUE(uncapped) << uncapped.error().message;
      for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        EmissionInput in = epoch_of(ask, seed);
        tell_apart(in);
        const EmissionOutput out = answer_of(**policy, in);
        std::uint64_t sum = out.founder_nano + out.dust_nano + out.unallocated_nano;
        const EmissionOutput all = answer_of(**uncapped, in);
        std::map<std::uint32_t, std::uint64_t> of_owner, without_cap;
        for (std::size_t i = 0; i < in.uid.size(); ++i) {
          sum += out.amount_nano[i];
          of_owner[in.owner[i]] += out.amount_nano[i];
          without_cap[in.owner[i]] += all.amount_nano[i];
          EXPECT_TRUE(in.payable[i] != 0 || out.amount_nano[i] == 0);
        }
        EXPECT_EQ(sum, in.budget_nano) << ask.policy << " seed " << seed;
        const std::uint64_t cap = in.budget_nano / 1'000'000 * cap_ppm + cap_ppm;
        for (const auto& [owner, amount] : of_owner) {
          EXPECT_LE(amount, cap) << ask.policy << " seed " << seed;
          // What a flagged node is not paid does not count.
          if (without_cap[owner] < cap - cap_ppm) {
            EXPECT_EQ(amount, without_cap[owner]) << owner;
          }
          capped += amount > cap / 10 * 9;
        }
      }
    }
  }
  EXPECT_GT(capped, 100u) << "the cap binds";
}

TEST(Laws, WhomTooFewValidatorsWeighHasNoIncentive) {
  for (const Ask& ask : asks()) {
    const auto all = open_policy(ask.policy, {{"validators_min", 65'535}});
    const auto one = open_policy(ask.policy, {{"validators_min", 1}});
    const auto none = open_policy(ask.policy, {});
    ASSERT_TRUE(all && one && none);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const EmissionInput in = epoch_of(ask, seed);
      for (const std::uint16_t each : answer_of(**all, in).incentive) EXPECT_EQ(each, 0u);
      EXPECT_EQ(answer_of(**one, in).incentive, answer_of(**none, in).incentive)
          << ask.policy << ": nobody has one from nobody, seed " << seed;
    }
  }
}

// Epochs that are large enough to be shared out at every step.
TEST(Laws, HowManyThreadsWorkDoesNotShow) {
  std::size_t large = 0;
  for (const char* mode : {"exact", "fast"}) {
    for (const Ask& ask : asks()) {
      const auto one = open_policy(ask.policy, {{"mode", mode}, {"threads", 1}});
      const auto four = open_policy(ask.policy, {{"mode", mode}, {"threads", 4}});
      ASSERT_TRUE(one && four);
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Dice dice(seed);
        EmissionInput in;
        draw_nodes(dice, 320, 320, in);
        draw_rows(dice, 320, 320, in.weights);
        draw_rows(dice, 320, 320, in.bonds);
        in.params = ask.params;
        in.params[SBN_PARAM_ACTIVITY_CUTOFF] = 500;
        const EmissionOutput out = answer_of(**one, in);
        ASSERT_EQ(text_of(answer_of(**four, in)), text_of(out)) << ask.policy << " seed " << seed;
        large += in.weights.col.size() > 65'536 && out.bonds.col.size() > 65'536 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(large, 4u);
}

// Permits and bonds as the next epoch is given them.
void carry(const EmissionOutput& out, EmissionInput& in) {
  in.permit = out.permit;
  Csr16 next{{0}, {}, {}};
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const Csr16& from = out.bonds_row[i] == SBN_BONDS_KEEP ? in.bonds : out.bonds;
    for (std::uint64_t e = from.row_at[i]; e < from.row_at[i + 1]; ++e) {
      next.col.push_back(from.col[e]);
      next.val.push_back(from.val[e]);
    }
    next.row_at.push_back(next.col.size());
  }
  in.bonds = std::move(next);
}

TEST(Laws, ARestartInTheMiddleChangesNothing) {
  for (const Ask& ask : asks()) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto first = open_policy(ask.policy);
      ASSERT_TRUE(first) << first.error().message;
      Result<std::unique_ptr<plugin::Emission>> second;
      EmissionInput in = epoch_of(ask, seed);
      Dice dice(seed);
      for (int epoch = 0; epoch < 6; ++epoch) {
        const EmissionOutput out = answer_of(**first, in);
        if (epoch == 3) {
          second = open_policy(ask.policy);
          ASSERT_TRUE(second) << second.error().message;
        }
        if (epoch >= 3) {
          ASSERT_EQ(text_of(answer_of(**second, in)), text_of(out)) << ask.policy << " " << epoch;
        }
        carry(out, in);
        in.last_step_block = in.block;
        in.block += 20;
        const auto voters = static_cast<std::size_t>(
            std::count(in.role.begin(), in.role.end(), SBN_ROLE_VALIDATOR));
        in.weights = {};
        draw_rows(dice, in.uid.size(), voters, in.weights);
      }
    }
  }
}

}  // namespace
}  // namespace subnetd::test
