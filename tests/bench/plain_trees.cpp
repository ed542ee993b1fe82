// SPDX-License-Identifier: 0BSD
#include "plain_trees.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace subnetd::bench {
namespace {

constexpr std::uint32_t width = 16;
constexpr float full = std::numeric_limits<float>::max();

// Halves against halves: the compiler makes vectors of it.
float least_of(const float* node) {
  std::array<float, width / 2> a;
  for (std::uint32_t i = 0; i < 8; ++i) a[i] = node[i] < node[i + 8] ? node[i] : node[i + 8];
  for (std::uint32_t half = 4; half > 0; half /= 2)
    for (std::uint32_t i = 0; i < half; ++i) a[i] = a[i] < a[i + half] ? a[i] : a[i + half];
  return a[0];
}

}  // namespace

void PlainTrees::Tree::grow(std::uint32_t leaves) {
  levels_.clear();
  for (std::uint32_t n = leaves; levels_.empty() || n > 1;) {
    n = (n + width - 1) / width;
    levels_.emplace_back(std::size_t{std::max(1u, n)} * width, full);
  }
}
void PlainTrees::Tree::set(std::uint32_t leaf, float value) {
  levels_[0][leaf] = value;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level) {
    const std::uint32_t node = leaf / width;
    const float least = least_of(&levels_[level][std::size_t{node} * width]);
    if (levels_[level + 1][node] == least) return;
    levels_[level + 1][node] = least;
    leaf = node;
  }
}
std::uint32_t PlainTrees::Tree::least() const {
  const float wanted = least_of(levels_.back().data());
  if (wanted == full) return SBN_NONE;
  std::uint32_t node = 0;
  for (std::size_t level = levels_.size(); level-- > 0;) {
    const float* of = &levels_[level][std::size_t{node} * width];
    std::uint32_t equal = 0;
    for (std::uint32_t i = 0; i < width; ++i) equal |= std::uint32_t{of[i] == wanted} << i;
    node = node * width + static_cast<std::uint32_t>(std::countr_zero(equal));
  }
  return node;
}

PlainTrees::PlainTrees(const MatchWorld& w)
    : at_(w.type.size(), SBN_NONE),
      position_(w.type.size(), 0),
      validators_(w.capacity.size()),
      lists_(w.capacity.size() * match_types) {
  for (const std::uint32_t t : w.type) type_.push_back(static_cast<std::uint8_t>(t - 1));
  for (std::uint32_t v = 0; v < validators_.size(); ++v) {
    validators_[v].capacity = w.capacity[v];
    validators_[v].base = static_cast<float>(0.5 * (1 - w.reliability_ppm[v] / 1e6));
    validators_[v].leaf.fill(SBN_NONE);
    for (auto i = w.types_at[v]; i < w.types_at[v + 1]; ++i) {
      auto& all = served_by_[w.types[i] - 1];
      validators_[v].leaf[w.types[i] - 1] = static_cast<std::uint32_t>(all.size());
      all.push_back(v);
    }
  }
  for (std::uint32_t t = 0; t < match_types; ++t)
    trees_[t].grow(static_cast<std::uint32_t>(served_by_[t].size()));
  for (std::uint32_t m = 0; m < at_.size(); ++m)
    if (w.current[m] != SBN_NONE) link(m, w.current[m]);
  for (std::uint32_t v = 0; v < validators_.size(); ++v) renew(v);
}

void PlainTrees::link(std::uint32_t m, std::uint32_t v) {
  at_[m] = v;
  auto& list = miners_of(v, type_[m]);
  position_[m] = static_cast<std::uint32_t>(list.size());
  list.push_back(m);
  ++validators_[v].load;
}
void PlainTrees::renew(std::uint32_t v) {
  const Validator& row = validators_[v];
  const float costs = row.open && row.load < row.capacity
                          ? row.base + (static_cast<float>(row.load) + 0.5f) /
                                           static_cast<float>(row.capacity)
                          : full;
  for (std::uint32_t t = 0; t < match_types; ++t)
    if (row.leaf[t] != SBN_NONE) trees_[t].set(row.leaf[t], costs);
}
void PlainTrees::place(std::uint32_t m) {
  const std::uint32_t leaf = trees_[type_[m]].least();
  if (leaf == SBN_NONE) return;
  const std::uint32_t v = served_by_[type_[m]][leaf];
  link(m, v);
  renew(v);
}

void PlainTrees::miner_joins(std::uint32_t m) {
  place(m);
}
void PlainTrees::miner_leaves(std::uint32_t m) {
  const std::uint32_t v = at_[m];
  if (v == SBN_NONE) return;
  auto& list = miners_of(v, type_[m]);
  list[position_[m]] = list.back();
  position_[list.back()] = position_[m];
  list.pop_back();
  at_[m] = SBN_NONE;
  --validators_[v].load;
  renew(v);
}
std::uint64_t PlainTrees::validator_leaves(std::uint32_t v) {
  validators_[v].open = false;
  renew(v);
  std::uint64_t moved = 0;
  for (std::uint32_t t = 0; t < match_types; ++t) {
    const std::vector<std::uint32_t> orphans = std::exchange(miners_of(v, t), {});
    for (const std::uint32_t m : orphans) {
      at_[m] = SBN_NONE;
      place(m);
      moved += at_[m] != SBN_NONE;
    }
  }
  validators_[v].load = 0;
  return moved;
}

}  // namespace subnetd::bench
