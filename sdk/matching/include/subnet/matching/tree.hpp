// SPDX-License-Identifier: 0BSD
// The least of many costs: the lowest leaf among equals. An update and a look cost log2(leaves).
#pragma once

#include <vector>

#include "subnet/matching/cost.hpp"

namespace subnet::matching {

class min_tree {
 public:
  size_t size() const { return size_; }
  cost at(size_t leaf) const { return nodes_[width_ + leaf]; }
  cost least() const { return nodes_[1]; }

  // Leaves as given; the tree is built once.
  void assign(const std::vector<cost>& leaves) {
    size_ = leaves.size();
    width_ = 1;
    while (width_ < size_) width_ *= 2;
    nodes_.assign(2 * width_, never);
    std::copy(leaves.begin(), leaves.end(), nodes_.begin() + static_cast<ptrdiff_t>(width_));
    for (size_t i = width_; i-- > 1;) nodes_[i] = std::min(nodes_[2 * i], nodes_[2 * i + 1]);
  }
  void push_back(cost value) {
    if (size_ == width_) {
      std::vector<cost> leaves(nodes_.begin() + static_cast<ptrdiff_t>(width_), nodes_.end());
      leaves.push_back(value);
      return assign(leaves);
    }
    set(size_++, value);
  }
  void set(size_t leaf, cost value) {
    size_t i = width_ + leaf;
    if (nodes_[i] == value) return;
    nodes_[i] = value;
    for (i /= 2; i > 0; i /= 2) {
      const cost least = std::min(nodes_[2 * i], nodes_[2 * i + 1]);
      if (nodes_[i] == least) return;
      nodes_[i] = least;
    }
  }
  // Of the least; any leaf when all are `never`.
  size_t leaf() const {
    size_t i = 1;
    while (i < width_) i = 2 * i + (nodes_[2 * i] == nodes_[i] ? 0 : 1);
    return i - width_;
  }

 private:
  size_t size_ = 0, width_ = 1;
  std::vector<cost> nodes_ = {never, never};
};

}  // namespace subnet::matching
