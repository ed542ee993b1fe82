// SPDX-License-Identifier: 0BSD
#include "index.hpp"

#include <algorithm>

namespace seed {
namespace {

MinerRow row_of(const subnet::match_view& view, uint32_t miner) {
  return {view.miner_order(miner), view.miner_type()[miner],
          view.miner_state()[miner] == SBN_SLOT_OPEN};
}

ValidatorRow validator_of(const subnet::match_view& view, uint32_t v) {
  const uint32_t reliability = std::min(view.reliability_ppm()[v], subnet::ppm_one);
  ValidatorRow row{view.validator_state()[v],
                   view.capacity()[v],
                   subnet::ppm_one - reliability,
                   view.validator_order()[v],
                   {}};
  const auto types = view.types_of(v);
  row.types.assign(types.begin(), types.end());
  std::sort(row.types.begin(), row.types.end());
  row.types.erase(std::unique(row.types.begin(), row.types.end()), row.types.end());
  return row;
}

// What the view says copy has; nobody when that validator is gone or closed.
uint32_t held_in(const subnet::match_view& view, uint32_t miner, uint32_t copy) {
  if (view.miner_state()[miner] != SBN_SLOT_OPEN) return SBN_NONE;
  const uint32_t v = view.current(miner)[copy];
  if (v >= view.validators()) return SBN_NONE;
  const uint8_t state = view.validator_state()[v];
  return state == SBN_SLOT_OPEN || state == SBN_SLOT_DRAINING ? v : SBN_NONE;
}

}  // namespace

void Index::load(const subnet::match_view& view) {
  *this = Index();
  redundancy_ = view.redundancy();
  resize(view.miners(), view.validators());
  std::map<uint32_t, std::vector<Waiter>> waiters;
  for (uint32_t m = 0; m < view.miners(); ++m) {
    miners_[m] = row_of(view, m);
    if (!miners_[m].open) continue;
    for (uint32_t copy = 0; copy < redundancy_; ++copy) {
      const uint32_t v = held_in(view, m, copy);
      held_[size_t{m} * redundancy_ + copy] = v;
      if (v == SBN_NONE) {
        waiters[miners_[m].type].push_back({miners_[m].order, m, copy});
      } else {
        ++loads_[v];
      }
    }
  }
  for (auto& [type, list] : waiters) {
    std::sort(list.begin(), list.end());
    waiting_[type] = std::set<Waiter>(list.begin(), list.end());
  }
  for (uint32_t v = 0; v < view.validators(); ++v) {
    validators_[v] = validator_of(view, v);
    list(v);
  }
}

void Index::sync_miner(const subnet::match_view& view, uint32_t miner) {
  resize(view.miners(), view.validators());
  const MinerRow row = row_of(view, miner);
  for (uint32_t copy = 0; copy < redundancy_; ++copy) hold(miner, copy, SBN_NONE);
  put_miner(miner, row);
  if (!row.open) return;
  for (uint32_t copy = 0; copy < redundancy_; ++copy) hold(miner, copy, held_in(view, miner, copy));
}

void Index::sync_validator(const subnet::match_view& view, uint32_t validator) {
  resize(view.miners(), view.validators());
  put_validator(validator, validator_of(view, validator));
}

void Index::hold(uint32_t miner, uint32_t copy, uint32_t validator) {
  uint32_t& held = held_[size_t{miner} * redundancy_ + copy];
  if (held == validator) return;
  if (recording_) changes_.push_back({Change::Kind::hold, miner, copy, held});
  const MinerRow& row = miners_[miner];
  const Waiter waiter{row.order, miner, copy};
  if (held != SBN_NONE) reload(held, -1);
  if (validator != SBN_NONE) reload(validator, 1);
  if (row.open && held == SBN_NONE) waiting_[row.type].erase(waiter);
  if (row.open && validator == SBN_NONE) waiting_[row.type].insert(waiter);
  held = validator;
}

void Index::put_miner(uint32_t slot, MinerRow row) {
  MinerRow& old = miners_[slot];
  if (recording_) changes_.push_back({Change::Kind::miner, slot, 0, SBN_NONE, old});
  for (uint32_t copy = 0; copy < redundancy_; ++copy) {
    if (held(slot, copy) != SBN_NONE) continue;
    if (old.open) waiting_[old.type].erase({old.order, slot, copy});
    if (row.open) waiting_[row.type].insert({row.order, slot, copy});
  }
  old = row;
}

void Index::put_validator(uint32_t slot, ValidatorRow row) {
  unlist(slot);
  std::swap(validators_[slot], row);
  list(slot);
  if (recording_)
    changes_.push_back({Change::Kind::validator, slot, 0, SBN_NONE, {}, std::move(row)});
}

void Index::undo_trial() {
  recording_ = false;
  for (size_t i = changes_.size(); i-- > 0;) {
    Change& change = changes_[i];
    switch (change.kind) {
      case Change::Kind::miner: put_miner(change.slot, change.miner); break;
      case Change::Kind::validator: put_validator(change.slot, std::move(change.validator)); break;
      case Change::Kind::hold: hold(change.slot, change.copy, change.held); break;
    }
  }
  changes_.clear();
}

void Index::list(uint32_t v) {
  if (validators_[v].state != SBN_SLOT_OPEN) return;
  for (const uint32_t type : validators_[v].types) {
    ++serving_[type];
    if (has_room(v)) places_[type].insert(rank(v));
  }
}

void Index::unlist(uint32_t v) {
  if (validators_[v].state != SBN_SLOT_OPEN) return;
  for (const uint32_t type : validators_[v].types) {
    --serving_[type];
    places_[type].erase(rank(v));
  }
}

void Index::reload(uint32_t v, int change) {
  const Rank before = rank(v);
  const bool had_room = has_room(v);
  loads_[v] += static_cast<uint32_t>(change);
  const bool room = has_room(v);
  for (const uint32_t type : validators_[v].types) {
    if (!had_room && !room) break;
    std::set<Rank>& places = places_[type];
    if (had_room && room) {
      auto node = places.extract(before);
      node.value() = rank(v);
      places.insert(std::move(node));
    } else if (room) {
      places.insert(rank(v));
    } else {
      places.erase(before);
    }
  }
}

void Index::resize(size_t miners, size_t validators) {
  if (miners_.size() < miners) {
    miners_.resize(miners);
    held_.resize(miners * redundancy_, SBN_NONE);
  }
  if (validators_.size() < validators) {
    validators_.resize(validators);
    loads_.resize(validators);
  }
}

uint32_t Index::serving(uint32_t type) const {
  const auto found = serving_.find(type);
  return found == serving_.end() ? 0 : found->second;
}

std::vector<uint32_t> Index::waiting_types() const {
  std::vector<uint32_t> out;
  for (const auto& [type, set] : waiting_)
    if (!set.empty()) out.push_back(type);
  return out;
}

bool Index::allowed(const subnet::match_view& view, uint32_t miner, uint32_t v, bool& own) const {
  const uint32_t owner = view.miner_owner()[miner];
  own = owner != 0 && owner == view.validator_owner()[v];
  if (own) return false;
  for (uint32_t copy = 0; copy < redundancy_; ++copy)
    if (held(miner, copy) == v) return false;
  return true;
}

uint32_t Index::choose(const subnet::match_view& view, uint32_t miner, uint32_t& reason) const {
  const uint32_t type = miners_[miner].type;
  bool blocked_by_copy = false;
  bool blocked_by_owner = false;
  auto first = [&](uint32_t list) {
    for (const Rank& place : places(list)) {
      bool own = false;
      if (allowed(view, miner, place.slot, own)) return place.slot;
      (own ? blocked_by_owner : blocked_by_copy) = true;
    }
    return SBN_NONE;
  };
  uint32_t v = type == SBN_TYPE_UNKNOWN ? SBN_NONE : first(type);
  if (v == SBN_NONE) v = first(SBN_TYPE_ANY);
  reason = SBN_REASON_NONE;
  if (v != SBN_NONE) return v;
  const bool served =
      (type != SBN_TYPE_UNKNOWN && serving(type) != 0) || serving(SBN_TYPE_ANY) != 0;
  if (blocked_by_copy) {
    reason = SBN_REASON_NOT_DISTINCT;
  } else if (blocked_by_owner) {
    reason = SBN_REASON_OWN_VALIDATOR;
  } else if (served) {
    reason = SBN_REASON_NO_CAPACITY;
  } else {
    reason = type == SBN_TYPE_UNKNOWN ? SBN_REASON_UNKNOWN_TYPE : SBN_REASON_NO_VALIDATOR;
  }
  return SBN_NONE;
}

}  // namespace seed
