// SPDX-License-Identifier: 0BSD
#include "agent/match_view.hpp"

#include <algorithm>

namespace subnetd::agent {
namespace {

constexpr Ppm reliability_step = 10'000;  // matchers see reliability no finer

std::uint8_t slot_state(const engine::State& s, std::uint32_t v) {
  if (!s.validator_alive(v)) return SBN_SLOT_FREE;
  switch (s.validators[v].status) {
    case Status::active: return SBN_SLOT_OPEN;
    case Status::draining: return SBN_SLOT_DRAINING;
    default: return SBN_SLOT_CLOSED;
  }
}

}  // namespace

void MatchView::renew(const engine::State& s) {
  const std::size_t n = s.validators.size();
  validator_state_.resize(n);
  capacity_.resize(n);
  reliability_ppm_.resize(n);
  owner_.resize(n);
  region_.resize(n);
  order_.resize(n);
  types_.clear();
  types_at_.assign(1, 0);
  for (std::uint32_t v = 0; v < n; ++v) {
    const engine::ValidatorRow& row = s.validators[v];
    validator_state_[v] = slot_state(s, v);
    capacity_[v] = row.record.capacity;
    reliability_ppm_[v] = row.reliability_ppm / reliability_step * reliability_step;
    owner_[v] = row.owner;
    region_[v] = row.region;
    order_[v] = row.order;
    types_.insert(types_.end(), row.types.begin(), row.types.end());
    types_at_.push_back(types_.size());
  }
}

sbn_match_view MatchView::view(const engine::State& s, const engine::MinerColumns& miners,
                               std::uint64_t move_budget) const {
  sbn_match_view view{};
  view.struct_size = sizeof(view);
  view.redundancy = s.redundancy();
  view.revision = s.facts;
  view.miner_count = miners.state.size();
  view.miner_state = miners.state.data();
  view.miner_type = miners.type.data();
  view.miner_owner = miners.owner.data();
  view.miner_region = miners.region.data();
  view.miner_order = miners.order.empty() ? nullptr : miners.order.data();
  view.current = miners.current.data();
  view.validator_count = validator_state_.size();
  view.validator_state = validator_state_.data();
  view.validator_capacity = capacity_.data();
  view.validator_reliability_ppm = reliability_ppm_.data();
  view.validator_owner = owner_.data();
  view.validator_region = region_.data();
  view.validator_order = order_.data();
  view.validator_types_at = types_at_.data();
  view.validator_types = types_.data();
  std::copy(s.epoch.seed.begin(), s.epoch.seed.end(), view.seed);
  view.move_budget = move_budget;
  return view;
}

}  // namespace subnetd::agent
