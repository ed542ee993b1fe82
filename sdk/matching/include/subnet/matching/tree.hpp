// SPDX-License-Identifier: 0BSD
// The least of many costs: the lowest leaf among equals. Eight to a node, that is a cache line, and
// where each node's least is lies beside: an update touches log8(leaves) nodes, a look none.
#pragma once

#include <array>
#include <vector>

#include "subnet/matching/cost.hpp"

namespace subnet::matching {

class min_tree {
 public:
  size_t size() const { return size_; }
  cost at(size_t leaf) const { return nodes_[leaf / 8].of[leaf % 8]; }
  cost least() const { return least_; }

  void assign(const std::vector<cost>& leaves) { build(leaves, leaves.size()); }
  void push_back(cost value) {
    if (size_ == 8 * level_at_[1]) {
      std::vector<cost> leaves;
      for (size_t i = 0; i < size_; ++i) leaves.push_back(at(i));
      build(leaves, 2 * size_ + 8);
    }
    set(size_++, value);
  }
  void set(size_t leaf, cost value) {
    for (size_t level = 0; level < levels_; ++level) {
      const size_t at = level_at_[level] + leaf / 8;
      if (nodes_[at].of[leaf % 8] == value) return;
      nodes_[at].of[leaf % 8] = value;
      value = decide(at);
      leaf /= 8;
    }
    least_ = value;
  }
  // Of the least; any leaf when all are `never`.
  size_t leaf() const {
    size_t i = 0;
    for (size_t level = levels_; level-- > 0;) i = 8 * i + first_[level_at_[level] + i];
    __builtin_prefetch(&nodes_[i / 8], 1);  // whoever asks sets it next
    return i;
  }

 private:
  struct alignas(64) node {
    std::array<cost, 8> of{never, never, never, never, never, never, never, never};
  };
  struct held {
    cost value;
    uint8_t leaf;
  };

  // Notes which of a node's is the least, and says how much that is.
  cost decide(size_t at) {
    const auto& of = nodes_[at].of;
    const auto less = [](held a, held b) {  // by value: no branches
      const bool second = b.value < a.value;
      return held{second ? b.value : a.value, second ? b.leaf : a.leaf};
    };
    const held left = less(less({of[0], 0}, {of[1], 1}), less({of[2], 2}, {of[3], 3}));
    const held right = less(less({of[4], 4}, {of[5], 5}), less({of[6], 6}, {of[7], 7}));
    const held found = less(left, right);
    first_[at] = found.leaf;
    return found.value;
  }

  void build(const std::vector<cost>& leaves, size_t room) {
    size_ = leaves.size();
    levels_ = 0;
    size_t nodes = 0;
    for (size_t width = std::max<size_t>(1, room); levels_ == 0 || width > 1; ++levels_) {
      width = (width + 7) / 8;
      level_at_[levels_] = nodes;
      nodes += width;
    }
    level_at_[levels_] = nodes;
    nodes_.assign(nodes, {});
    first_.assign(nodes, 0);
    least_ = never;
    for (size_t i = 0; i < size_; ++i) nodes_[i / 8].of[i % 8] = leaves[i];
    for (size_t level = 0; level < levels_; ++level)
      for (size_t i = level_at_[level]; i < level_at_[level + 1]; ++i) {
        const size_t nth = i - level_at_[level];
        least_ = decide(i);
        if (level + 1 < levels_) nodes_[level_at_[level + 1] + nth / 8].of[nth % 8] = least_;
      }
  }

  size_t size_ = 0, levels_ = 1;
  cost least_ = never;
  std::array<size_t, 13> level_at_{0, 1};  // first node of each; the leaves are level 0
  std::vector<node> nodes_{1};
  std::vector<uint8_t> first_{0};  // of each node, where its least is
};

}  // namespace subnet::matching
