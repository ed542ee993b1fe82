// SPDX-License-Identifier: 0BSD
// Columns that a test can write to, and the host's part of a match: applying moves.
#pragma once

#include <subnet/testing.hpp>

using Moves = std::vector<sbn_match_move>;

inline constexpr uint32_t none = SBN_NONE;
inline constexpr uint32_t chat = 1, image = 2;

struct World {
  uint32_t k = 1;
  uint64_t budget = 0;
  std::vector<uint8_t> m_state, v_state;
  std::vector<uint32_t> m_type, m_owner, m_region, current;
  std::vector<uint32_t> v_capacity, v_reliability, v_owner, v_region;
  std::vector<uint64_t> m_order, v_order;
  std::vector<std::vector<uint32_t>> v_types;
  std::vector<uint64_t> at;
  std::vector<uint32_t> flat;

  uint32_t miner(uint32_t type, uint32_t owner = 0) {
    m_state.push_back(SBN_SLOT_OPEN);
    m_type.push_back(type);
    m_owner.push_back(owner);
    m_region.push_back(0);
    m_order.push_back(m_order.size());
    current.resize(current.size() + k, none);
    return static_cast<uint32_t>(m_state.size() - 1);
  }
  uint32_t validator(std::vector<uint32_t> types, uint32_t capacity,
                     uint32_t reliability = 1'000'000, uint32_t owner = 0) {
    v_state.push_back(SBN_SLOT_OPEN);
    v_capacity.push_back(capacity);
    v_reliability.push_back(reliability);
    v_owner.push_back(owner);
    v_region.push_back(0);
    v_order.push_back(v_order.size());
    v_types.push_back(std::move(types));
    return static_cast<uint32_t>(v_state.size() - 1);
  }
  sbn_match_view view() {
    at.assign(1, 0);
    flat.clear();
    for (const auto& types : v_types) {
      flat.insert(flat.end(), types.begin(), types.end());
      at.push_back(flat.size());
    }
    sbn_match_view out{};
    out.struct_size = sizeof out;
    out.redundancy = k;
    out.miner_count = m_state.size();
    out.miner_state = m_state.data();
    out.miner_type = m_type.data();
    out.miner_owner = m_owner.data();
    out.miner_region = m_region.data();
    out.miner_order = m_order.data();
    out.current = current.data();
    out.validator_count = v_state.size();
    out.validator_state = v_state.data();
    out.validator_capacity = v_capacity.data();
    out.validator_reliability_ppm = v_reliability.data();
    out.validator_owner = v_owner.data();
    out.validator_region = v_region.data();
    out.validator_order = v_order.data();
    out.validator_types_at = at.data();
    out.validator_types = flat.data();
    out.move_budget = budget;
    return out;
  }
  void apply(const Moves& moves) {
    for (const auto& move : moves) current[size_t{move.miner} * k + move.copy] = move.validator;
  }
  std::vector<uint32_t> loads() const {
    std::vector<uint32_t> out(v_state.size());
    for (const uint32_t v : current)
      if (v != none) ++out[v];
    return out;
  }
};
