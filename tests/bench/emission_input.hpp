// SPDX-License-Identifier: 0BSD
// Epochs for the benchmarks: dense ones, ones in which few columns are alive, and scattered ones.
#pragma once

#include <random>

#include "emission/nodes.hpp"

namespace subnetd::bench {

struct Shape {
  std::size_t validators, nodes;
  unsigned alive = 1000;  // of a thousand columns; the others have one entry in fifty
};

// The first nodes are validators, their columns empty.
inline EmissionInput nodes(std::size_t validators, std::size_t n) {
  std::mt19937_64 draw(n);
  EmissionInput in;
  in.block = 1'000'000;
  in.budget_nano = 1'000'000'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    const bool validator = i < validators;
    test::Node node{validator};
    if (validator) node.stake_nano = 1'000'000'000 * (1 + draw() % 1'000'000);
    node.last_update = validator ? 999'900 : 0;
    node.registered_block = 1 + draw() % 900'000;
    node.permit = validator;
    test::add_node(in, node);
  }
  return in;
}

// Another epoch of the same nodes has other weights and other bonds, all of them.
inline EmissionInput dense(const Shape& shape, std::uint64_t epoch = 0) {
  EmissionInput in = nodes(shape.validators, shape.nodes);
  std::mt19937_64 draw(shape.validators);
  std::vector<bool> alive;
  for (std::size_t j = 0; j < shape.nodes; ++j) alive.push_back(draw() % 1000 < shape.alive);
  draw.seed(shape.validators + epoch);
  for (Csr16* matrix : {&in.weights, &in.bonds}) {
    matrix->row_at.push_back(0);
    for (std::size_t i = 0; i < shape.nodes; ++i) {
      for (std::size_t j = 0; i < shape.validators && j < shape.nodes; ++j) {
        if (!alive[j] && draw() % 50 != 0) continue;
        matrix->col.push_back(static_cast<std::uint32_t>(j));
        matrix->val.push_back(static_cast<std::uint16_t>(1 + draw() % 65535));
      }
      matrix->row_at.push_back(matrix->col.size());
    }
  }
  return in;
}

// `each` entries a validator, spread evenly.
inline EmissionInput scattered(std::size_t validators, std::size_t n, std::size_t each) {
  EmissionInput in = nodes(validators, n);
  std::mt19937_64 draw(validators);
  for (Csr16* matrix : {&in.weights, &in.bonds}) {
    matrix->row_at.push_back(0);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t step = n / each;
      for (std::size_t k = 0; i < validators && k < each; ++k) {
        matrix->col.push_back(static_cast<std::uint32_t>(k * step + draw() % step));
        matrix->val.push_back(static_cast<std::uint16_t>(1 + draw() % 65535));
      }
      matrix->row_at.push_back(matrix->col.size());
    }
  }
  return in;
}

}  // namespace subnetd::bench
