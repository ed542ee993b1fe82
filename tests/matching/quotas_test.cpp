// SPDX-License-Identifier: 0BSD
// The exact quotas against two oracles: LEMON's network simplex, and all possible loads.
#include "subnet/matching/quotas.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "matching/least_cost_flow.hpp"

namespace {

using namespace subnet::matching;
using Random = std::mt19937_64;

constexpr int64_t unmatched_price = int64_t{1} << 40;

struct Validators {
  std::vector<curve> curves;
  std::vector<uint64_t> order;
};

struct Instance {
  std::vector<uint64_t> need;
  std::map<std::vector<uint32_t>, Validators> groups;
  cost move = 0;

  quotas solved() const {
    quotas out(need, move);
    for (const auto& [types, validators] : groups)
      out.add_group(types, validators.curves, validators.order);
    out.solve();
    return out;
  }
  int64_t cost_of(const quotas& solution) const {
    int64_t sum = 0, left = 0;
    for (const uint64_t n : need) left += static_cast<int64_t>(n);
    size_t g = 0;
    for (const auto& [types, validators] : groups) {
      for (size_t i = 0; i < validators.curves.size(); ++i) {
        const uint32_t units = solution.units(g)[i];
        EXPECT_LE(units, validators.curves[i].most);
        for (uint32_t u = 1; u <= units; ++u) sum += validators.curves[i].cost_of(u, move);
        left -= units;
      }
      ++g;
    }
    return sum + left * unmatched_price;
  }
};

Instance draw(Random& random, uint32_t types, uint32_t validators, uint32_t miners,
              uint32_t capacity) {
  Instance out;
  for (uint32_t t = 0; t < types; ++t) out.need.push_back(random() % (miners + 1));
  out.move = random() % 2 == 0 ? one / 50 : 0;
  for (uint32_t v = 0; v < validators; ++v) {
    std::vector<uint32_t> served;
    for (uint32_t t = 0; t < types; ++t)
      if (random() % 3 == 0) served.push_back(t);
    if (served.empty()) served.push_back(static_cast<uint32_t>(random() % types));
    curve c;
    c.capacity = 1 + static_cast<uint32_t>(random() % capacity);
    c.first = static_cast<uint32_t>(random() % 3);
    c.most = c.capacity > c.first ? c.capacity - c.first : 0;
    c.kept = static_cast<uint32_t>(random() % 5);
    c.base = static_cast<cost>(random() % 11) * one / 20;
    out.groups[served].curves.push_back(c);
    out.groups[served].order.push_back(v);
  }
  return out;
}

int64_t lemon_cost(const Instance& in) {
  LeastCostFlow flow;
  std::vector<LeastCostFlow::Node> types;
  for (const uint64_t n : in.need) {
    types.push_back(flow.node(static_cast<int64_t>(n)));
    flow.arc(types.back(), flow.sink(), unmatched_price, static_cast<int64_t>(n));
  }
  for (const auto& [served, validators] : in.groups)
    for (const curve& c : validators.curves) {
      const LeastCostFlow::Node node = flow.node();
      for (const uint32_t t : served) flow.arc(types[t], node, 0, c.most);
      for (uint32_t u = 1; u <= c.most; ++u) flow.arc(node, flow.sink(), c.cost_of(u, in.move), 1);
    }
  return flow.least_cost();
}

TEST(Quotas, AreLemonsOptimumToTheLastUnitOnAThousandScarceInstances) {
  Random random(1);
  for (int i = 0; i < 1'000; ++i) {
    const auto types = 1 + static_cast<uint32_t>(random() % 7);
    const auto validators = 1 + static_cast<uint32_t>(random() % 12);
    const Instance in = draw(random, types, validators, 24, 15);
    ASSERT_EQ(in.cost_of(in.solved()), lemon_cost(in)) << "instance " << i;
  }
}

TEST(Quotas, AreLemonsOptimumOfManyTypesToo) {
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    const auto types = 17 + static_cast<uint32_t>(random() % 24);
    const auto validators = 4 + static_cast<uint32_t>(random() % 30);
    const Instance in = draw(random, types, validators, 9, 25);
    ASSERT_EQ(in.cost_of(in.solved()), lemon_cost(in)) << "instance " << i;
  }
}

// Every split of every type over the validators that serve it.
int64_t least_cost(const Instance& in, size_t type, std::vector<uint32_t>& loads,
                   const std::vector<std::pair<const std::vector<uint32_t>*, curve>>& all) {
  if (type == in.need.size()) {
    int64_t sum = 0;
    for (size_t v = 0; v < all.size(); ++v)
      for (uint32_t u = 1; u <= loads[v]; ++u) sum += all[v].second.cost_of(u, in.move);
    return sum;
  }
  const auto place = [&](auto&& self, size_t v, uint64_t left) -> int64_t {
    if (v == all.size())
      return static_cast<int64_t>(left) * unmatched_price + least_cost(in, type + 1, loads, all);
    int64_t best = self(self, v + 1, left);
    const auto& served = *all[v].first;
    if (std::find(served.begin(), served.end(), type) == served.end()) return best;
    const uint32_t before = loads[v];
    while (left > 0 && loads[v] < all[v].second.most) {
      ++loads[v];
      best = std::min(best, self(self, v + 1, --left));
    }
    loads[v] = before;
    return best;
  };
  return place(place, 0, in.need[type]);
}

TEST(Quotas, AreTheLeastOfAllPossibleLoadsOnSmallInstances) {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    const Instance in = draw(random, 1 + static_cast<uint32_t>(random() % 3),
                             1 + static_cast<uint32_t>(random() % 3), 4, 4);
    std::vector<std::pair<const std::vector<uint32_t>*, curve>> all;
    for (const auto& [served, validators] : in.groups)
      for (const curve& c : validators.curves) all.emplace_back(&served, c);
    std::vector<uint32_t> loads(all.size(), 0);
    ASSERT_EQ(in.cost_of(in.solved()), least_cost(in, 0, loads, all)) << "instance " << i;
  }
}

TEST(Quotas, DoNotDependOnTheOrderOfGroups) {
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    const Instance in = draw(random, 4, 10, 24, 6);
    quotas there(in.need, in.move), back(in.need, in.move);
    for (auto at = in.groups.begin(); at != in.groups.end(); ++at)
      there.add_group(at->first, at->second.curves, at->second.order);
    for (auto at = in.groups.rbegin(); at != in.groups.rend(); ++at)
      back.add_group(at->first, at->second.curves, at->second.order);
    there.solve();
    back.solve();
    for (size_t g = 0; g < in.groups.size(); ++g)
      ASSERT_EQ(there.units(g), back.units(in.groups.size() - 1 - g)) << "instance " << i;
  }
}

TEST(Quotas, AreExactForSixtyFiveThousandTypesInOneComponent) {
  Random random(4);
  Instance in;
  constexpr uint32_t types = 65'536;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr uint32_t validators = 2'000;
#else
  constexpr uint32_t validators = 20'000;
#endif
  for (uint32_t t = 0; t < types; ++t) in.need.push_back(random() % 4);
  for (uint32_t v = 0; v < validators; ++v) {
    std::vector<uint32_t> served;
    for (int i = 0; i < 8; ++i) served.push_back(static_cast<uint32_t>(random() % types));
    std::sort(served.begin(), served.end());
    served.erase(std::unique(served.begin(), served.end()), served.end());
    curve c;
    c.capacity = c.most = 1 + static_cast<uint32_t>(random() % 12);
    c.base = static_cast<cost>(random() % 100) * one / 200;
    in.groups[served].curves.push_back(c);
    in.groups[served].order.push_back(v);
  }
  timespec from{}, to{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
  const quotas out = in.solved();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
  const double s = static_cast<double>(to.tv_sec - from.tv_sec) +
                   1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec);
  std::printf("65,536 types, %u validators of 8: %.2f s\n", validators, s);
  RecordProperty("ms", static_cast<int>(s * 1e3));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
  EXPECT_LT(s, 10);
#endif
  // As many as a flow of the whole capacity carries.
  network all(in.need);
  std::vector<uint64_t> wants;
  uint64_t placed = 0;
  size_t g = 0;
  for (const auto& [served, validators] : in.groups) {
    all.add_group(served);
    wants.push_back(0);
    for (const curve& c : validators.curves) wants.back() += c.most;
    for (const uint32_t units : out.units(g)) placed += units;
    ++g;
  }
  all.connect();
  all.satisfy(wants);
  uint64_t left = 0, need = 0;
  for (uint32_t t = 0; t < types; ++t) {
    left += all.excess(t);
    need += in.need[t];
  }
  EXPECT_EQ(placed, need - left);
}

TEST(Fill, TakesNoneOrAllAndTheEarlierOfEquals) {
  const std::vector<curve> same(3, curve{4, 0, 0, 4, 0});
  std::vector<uint32_t> out(3);
  fill(same, 0, 0, out);
  EXPECT_EQ(out, (std::vector<uint32_t>{0, 0, 0}));
  fill(same, 4, 0, out);
  EXPECT_EQ(out, (std::vector<uint32_t>{2, 1, 1}));
  fill(same, 100, 0, out);
  EXPECT_EQ(out, (std::vector<uint32_t>{4, 4, 4}));
}

TEST(Costs, HoldAtTheLimits) {
  constexpr uint32_t most = UINT32_MAX;
  EXPECT_EQ(marginal(most, most), one - 1);
  EXPECT_EQ(places_within(most, one), most);
  EXPECT_EQ(places_within(most, -1), 0u);
  Random random(5);
  for (int i = 0; i < 100'000; ++i) {
    const uint32_t capacity = 1 + static_cast<uint32_t>(random() >> (32 + random() % 31));
    const uint64_t place = 1 + random() % capacity;
    const cost price = marginal(capacity, place);
    ASSERT_GE(places_within(capacity, price), place);
    ASSERT_LT(places_within(capacity, price - 1), place);
  }
  EXPECT_EQ(unreliability_cost({}, 2'000'000), 0);
}

}  // namespace
