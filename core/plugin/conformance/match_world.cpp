// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/match_world.hpp"

#include <algorithm>

namespace subnetd::plugin::conformance {

std::uint32_t MatchWorld::add_miner(std::uint32_t type, std::uint32_t owner) {
  miner_state.push_back(SBN_SLOT_OPEN);
  miner_type.push_back(type);
  miner_owner.push_back(owner);
  miner_region.push_back(0);
  miner_order.push_back(miner_order.size());
  current.resize(current.size() + redundancy, SBN_NONE);
  return static_cast<std::uint32_t>(miner_state.size() - 1);
}

std::uint32_t MatchWorld::add_validator(std::vector<std::uint32_t> serves, std::uint32_t places,
                                        std::uint32_t reliability, std::uint32_t owner) {
  validator_state.push_back(SBN_SLOT_OPEN);
  capacity.push_back(places);
  reliability_ppm.push_back(reliability);
  validator_owner.push_back(owner);
  validator_region.push_back(0);
  validator_order.push_back(validator_order.size());
  types.push_back(std::move(serves));
  return static_cast<std::uint32_t>(validator_state.size() - 1);
}

sbn_match_view MatchWorld::view() {
  types_at.assign(1, 0);
  types_flat.clear();
  for (const auto& serves : types) {
    types_flat.insert(types_flat.end(), serves.begin(), serves.end());
    types_at.push_back(types_flat.size());
  }
  sbn_match_view out{};
  out.struct_size = sizeof(out);
  out.redundancy = redundancy;
  out.revision = revision;
  out.miner_count = miner_state.size();
  out.miner_state = miner_state.data();
  out.miner_type = miner_type.data();
  out.miner_owner = miner_owner.data();
  out.miner_region = miner_region.data();
  out.miner_order = miner_order.data();
  out.current = current.data();
  out.validator_count = validator_state.size();
  out.validator_state = validator_state.data();
  out.validator_capacity = capacity.data();
  out.validator_reliability_ppm = reliability_ppm.data();
  out.validator_owner = validator_owner.data();
  out.validator_region = validator_region.data();
  out.validator_order = validator_order.data();
  out.validator_types_at = types_at.data();
  out.validator_types = types_flat.data();
  out.move_budget = move_budget;
  out.seed[0] = 7;
  return out;
}

void MatchWorld::apply(std::span<const sbn_match_move> moves) {
  for (const sbn_match_move& m : moves) {
    current[std::size_t{m.miner} * redundancy + m.copy] = m.validator;
  }
}

std::uint32_t MatchWorld::load_of(std::uint32_t validator) const {
  return static_cast<std::uint32_t>(std::count(current.begin(), current.end(), validator));
}

bool MatchWorld::may_have(std::uint32_t miner, std::uint32_t copy, std::uint32_t v) const {
  if (validator_state[v] != SBN_SLOT_OPEN || load_of(v) >= capacity[v]) return false;
  if (validator_owner[v] != 0 && validator_owner[v] == miner_owner[miner]) return false;
  for (std::uint32_t other = 0; other < redundancy; ++other) {
    if (other != copy && current[std::size_t{miner} * redundancy + other] == v) return false;
  }
  return std::any_of(types[v].begin(), types[v].end(), [&](std::uint32_t t) {
    return t == SBN_TYPE_ANY || (t == miner_type[miner] && t != SBN_TYPE_UNKNOWN);
  });
}

MatchWorld MatchWorld::draw(std::uint64_t seed, std::size_t miners) {
  Draw draw(seed);
  MatchWorld world;
  world.redundancy = static_cast<std::uint32_t>(1 + draw.below(3));
  world.move_budget = draw.below(4) == 0 ? draw.below(miners + 1) : 0;
  const std::size_t validators = miners == 0 ? draw.below(3) : 1 + draw.below(miners / 2 + 2);
  for (std::size_t v = 0; v < validators; ++v) {
    std::vector<std::uint32_t> serves;
    for (std::uint32_t type = 1; type <= 3; ++type) {
      if (draw.one_in(2)) serves.push_back(type);
    }
    if (draw.one_in(5)) serves.push_back(SBN_TYPE_ANY);
    const auto slot = world.add_validator(serves, static_cast<std::uint32_t>(1 + draw.below(4)),
                                          static_cast<std::uint32_t>(draw.below(101) * 10'000),
                                          static_cast<std::uint32_t>(draw.below(4)));
    world.validator_region[slot] = static_cast<std::uint32_t>(draw.below(3));
    if (draw.one_in(6)) world.validator_state[slot] = static_cast<std::uint8_t>(draw.below(4));
  }
  for (std::size_t m = 0; m < miners; ++m) {
    const auto slot = world.add_miner(static_cast<std::uint32_t>(draw.below(4)),
                                      static_cast<std::uint32_t>(draw.below(4)));
    world.miner_region[slot] = static_cast<std::uint32_t>(draw.below(3));
    if (draw.one_in(10)) world.miner_state[slot] = SBN_SLOT_CLOSED;
    if (world.miner_state[slot] != SBN_SLOT_OPEN || draw.one_in(2)) continue;
    for (std::uint32_t copy = 0; copy < world.redundancy && validators != 0; ++copy) {
      const auto v = static_cast<std::uint32_t>(draw.below(validators));
      if (world.may_have(slot, copy, v)) world.current[slot * world.redundancy + copy] = v;
    }
  }
  return world;
}

std::vector<sbn_match_event> MatchWorld::happen(Draw& draw) {
  ++revision;
  if (!validator_state.empty() && draw.one_in(2)) {
    const auto v = static_cast<std::uint32_t>(draw.below(validator_state.size()));
    if (validator_state[v] == SBN_SLOT_OPEN && draw.one_in(3)) {
      // Gone, with its matches.
      validator_state[v] = SBN_SLOT_CLOSED;
      std::vector<sbn_match_event> events{{SBN_VALIDATOR_LEFT, v}};
      for (std::uint32_t m = 0; m < miner_state.size(); ++m) {
        const auto held = current.begin() + std::ptrdiff_t{m} * redundancy;
        const auto at = std::find(held, held + redundancy, v);
        if (at == held + redundancy) continue;
        *at = SBN_NONE;
        events.push_back({SBN_MINER_CHANGED, m});
      }
      return events;
    }
    if (validator_state[v] != SBN_SLOT_OPEN) {
      validator_state[v] = SBN_SLOT_OPEN;
    }
    capacity[v] = std::max(load_of(v), static_cast<std::uint32_t>(1 + draw.below(5)));
    reliability_ppm[v] = static_cast<std::uint32_t>(draw.below(101) * 10'000);
    return {{SBN_VALIDATOR_CHANGED, v}};
  }
  if (miner_state.empty() || draw.one_in(4)) {
    const auto type = static_cast<std::uint32_t>(draw.below(4));
    return {{SBN_MINER_CHANGED, add_miner(type, static_cast<std::uint32_t>(draw.below(4)))}};
  }
  const auto m = static_cast<std::uint32_t>(draw.below(miner_state.size()));
  const bool leaves = miner_state[m] == SBN_SLOT_OPEN && draw.one_in(2);
  for (std::uint32_t copy = 0; copy < redundancy; ++copy) {
    current[std::size_t{m} * redundancy + copy] = SBN_NONE;
  }
  miner_state[m] = leaves ? SBN_SLOT_CLOSED : SBN_SLOT_OPEN;
  if (!leaves) miner_type[m] = static_cast<std::uint32_t>(draw.below(4));
  return {{leaves ? SBN_MINER_LEFT : SBN_MINER_CHANGED, m}};
}

}  // namespace subnetd::plugin::conformance
