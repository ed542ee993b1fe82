// SPDX-License-Identifier: 0BSD
// Epochs for the benchmarks: dense ones, ones in which few columns are alive, and scattered ones.
#pragma once

#include <random>

#include "domain/emission.hpp"
#include "subnet/emission.h"

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
    in.uid.push_back(static_cast<std::uint32_t>(i));
    in.role.push_back(validator ? SBN_ROLE_VALIDATOR : SBN_ROLE_MINER);
    in.stake_nano.push_back(validator ? 1'000'000'000 * (1 + draw() % 1'000'000) : 0);
    in.last_update.push_back(validator ? 999'900 : 0);
    in.registered_at.push_back(i);
    in.registered_block.push_back(1 + draw() % 900'000);
    in.permit.push_back(validator ? 1 : 0);
  }
  in.owner.assign(n, 0);
  in.parent.assign(n, 0xffffffffu);
  in.fee.assign(n, 0);
  in.payable.assign(n, 1);
  in.score_sum_ppm.assign(n, 0);
  in.score_count.assign(n, 0);
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

inline sbn_emission_in raw_of(const EmissionInput& in) {
  sbn_emission_in r{};
  r.struct_size = sizeof(r);
  r.block = in.block;
  r.last_step_block = in.last_step_block;
  r.budget_nano = in.budget_nano;
  r.n = in.uid.size();
  r.uid = in.uid.data();
  r.role = in.role.data();
  r.stake_nano = in.stake_nano.data();
  r.last_update = in.last_update.data();
  r.registered_at = in.registered_at.data();
  r.permit = in.permit.data();
  r.owner = in.owner.data();
  r.parent = in.parent.data();
  r.fee = in.fee.data();
  r.payable = in.payable.data();
  r.score_sum_ppm = in.score_sum_ppm.data();
  r.score_count = in.score_count.data();
  r.weights = {in.weights.row_at.data(), in.weights.col.data(), in.weights.val.data()};
  r.bonds = {in.bonds.row_at.data(), in.bonds.col.data(), in.bonds.val.data()};
  r.registered_block = in.registered_block.data();
  return r;
}

}  // namespace subnetd::bench
