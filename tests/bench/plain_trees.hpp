// SPDX-License-Identifier: 0BSD
// The least that matching by events can do, as a peer: trees of costs in float, who is whose in
// lists, one copy a miner. Without an ABI, a view, owners, exact costs, waiting, or a way back.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "match_peers.hpp"

namespace subnetd::bench {

class PlainTrees {
 public:
  // Everyone in their place as `w` has it.
  explicit PlainTrees(const MatchWorld& w);
  void miner_leaves(std::uint32_t m);
  void miner_joins(std::uint32_t m);
  // Says how many it moved.
  std::uint64_t validator_leaves(std::uint32_t v);

 private:
  // Sixteen floats to a node, a cache line.
  class Tree {
   public:
    void grow(std::uint32_t leaves);
    void set(std::uint32_t leaf, float value);
    std::uint32_t least() const;  // SBN_NONE when nobody has room

   private:
    std::vector<std::vector<float>> levels_;  // from the leaves up
  };
  struct Validator {
    std::uint32_t capacity = 1, load = 0;
    float base = 0;
    bool open = true;
    std::array<std::uint32_t, match_types> leaf;  // of each type; SBN_NONE: not served
  };

  void link(std::uint32_t m, std::uint32_t v);
  void renew(std::uint32_t v);
  void place(std::uint32_t m);
  std::vector<std::uint32_t>& miners_of(std::uint32_t v, std::uint32_t type) {
    return lists_[std::size_t{v} * match_types + type];
  }

  std::vector<std::uint8_t> type_;  // from 0
  std::vector<std::uint32_t> at_, position_;
  std::vector<Validator> validators_;
  std::vector<std::vector<std::uint32_t>> lists_;  // of a validator and type: its miners
  std::array<std::vector<std::uint32_t>, match_types> served_by_;
  std::array<Tree, match_types> trees_;
};

}  // namespace subnetd::bench
