// SPDX-License-Identifier: 0BSD
// The arithmetic under the policies, against the chains' values.
#include "cases.hpp"
#include "list_column.hpp"
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
    EXPECT_EQ(have.at("total_emitted"), r[1]);
  }
}

}  // namespace
}  // namespace subnetd::test
