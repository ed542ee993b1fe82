// SPDX-License-Identifier: 0BSD
// Epochs drawn from a seed, with what is special among the plain: equal values, zeros, lone
// entries, late registrations, missing permits.
#pragma once

#include <random>

#include "nodes.hpp"

namespace subnetd::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t k) { return engine_() % k; }
  bool one_in(std::uint64_t k) { return below(k) == 0; }
  // Plain values, and the ones that are special: 0, the ends, equal ones.
  std::uint16_t value() {
    constexpr std::uint16_t special[] = {0, 0, 1, 65535, 65535, 32768, 7};
    return one_in(4) ? special[below(7)] : static_cast<std::uint16_t>(below(65536));
  }

 private:
  std::mt19937_64 engine_;
};

inline void draw_rows(Dice& dice, std::size_t n, std::size_t voters, Csr16& out) {
  const std::uint64_t gaps = dice.below(4);
  const bool equal = dice.one_in(5);
  out.row_at.assign(1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const bool lone = dice.one_in(12);
    for (std::size_t j = 0; i < voters && j < n; ++j) {
      if (lone ? j != n / 2 : gaps != 0 && dice.below(4) < gaps - 1) continue;
      out.col.push_back(static_cast<std::uint32_t>(j));
      out.val.push_back(equal ? 9 : dice.value());
    }
    out.row_at.push_back(out.col.size());
  }
}

inline void draw_nodes(Dice& dice, std::size_t n, std::size_t voters, EmissionInput& in) {
  const bool equal_stake = dice.one_in(3);
  in.block = 1000;
  in.budget_nano = 1'000'000'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    Node node{i < voters};
    if (node.validator) node.stake_nano = equal_stake ? 1000 : 1 + dice.below(1'000'000'000);
    node.last_update = dice.one_in(10) ? 1 : 900 + dice.below(100);
    node.registered_block = dice.one_in(10) ? 950 : 1 + dice.below(500);
    node.permit = !dice.one_in(10);
    add_node(in, node);
  }
}

inline EmissionInput draw(std::uint64_t seed) {
  Dice dice(seed);
  EmissionInput in;
  const std::size_t n = 12 + dice.below(50);
  const std::size_t voters = 1 + dice.below(std::min<std::size_t>(n, 20));
  draw_nodes(dice, n, voters, in);
  draw_rows(dice, n, voters, in.weights);
  draw_rows(dice, n, voters, in.bonds);
  return in;
}

}  // namespace subnetd::test
