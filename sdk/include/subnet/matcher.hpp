// SPDX-License-Identifier: 0BSD
// Matchers in C++: a class with load, propose, observe and solve becomes a subnet.matcher/1.
#pragma once

#include <concepts>

#include "context.hpp"
#include "matcher.h"

namespace subnet {

// The host's columns as spans. Borrowed for the call.
class match_view {
 public:
  explicit match_view(const sbn_match_view* raw) : raw_(raw) {}
  const sbn_match_view* raw() const { return raw_; }

  uint32_t redundancy() const { return raw_->redundancy; }
  size_t miners() const { return raw_->miner_count; }
  size_t validators() const { return raw_->validator_count; }
  uint64_t move_budget() const { return raw_->move_budget; }
  std::span<const uint8_t, 32> seed() const { return std::span<const uint8_t, 32>(raw_->seed); }

  std::span<const uint8_t> miner_state() const { return {raw_->miner_state, miners()}; }
  std::span<const uint32_t> miner_type() const { return {raw_->miner_type, miners()}; }
  std::span<const uint32_t> miner_owner() const { return {raw_->miner_owner, miners()}; }
  std::span<const uint32_t> miner_region() const { return {raw_->miner_region, miners()}; }
  // Registration order; the slot where the host keeps none.
  uint64_t miner_order(uint32_t miner) const {
    return raw_->miner_order == nullptr ? miner : raw_->miner_order[miner];
  }
  // The validators of a miner, one a copy; SBN_NONE where there is none.
  std::span<const uint32_t> current(uint32_t miner) const {
    return {raw_->current + size_t{miner} * redundancy(), redundancy()};
  }

  std::span<const uint8_t> validator_state() const { return {raw_->validator_state, validators()}; }
  std::span<const uint32_t> capacity() const { return {raw_->validator_capacity, validators()}; }
  std::span<const uint32_t> reliability_ppm() const {
    return {raw_->validator_reliability_ppm, validators()};
  }
  std::span<const uint32_t> validator_owner() const {
    return {raw_->validator_owner, validators()};
  }
  std::span<const uint32_t> validator_region() const {
    return {raw_->validator_region, validators()};
  }
  std::span<const uint64_t> validator_order() const {
    return {raw_->validator_order, validators()};
  }
  std::span<const uint32_t> types_of(uint32_t validator) const {
    const uint64_t from = raw_->validator_types_at[validator];
    return {raw_->validator_types + from, raw_->validator_types_at[validator + 1] - from};
  }

 private:
  const sbn_match_view* raw_;
};

// Where moves go. Rows past the host's capacity are counted, so that the call ends in SBN_E_LIMIT
// with the needed count.
class moves {
 public:
  explicit moves(sbn_match_out* out) : out_(out) { out_->n = 0; }
  void match(uint32_t miner, uint32_t copy, uint32_t validator) {
    add({miner, copy, validator, SBN_REASON_NONE});
  }
  void unmatched(uint32_t miner, uint32_t copy, uint32_t reason) {
    add({miner, copy, SBN_NONE, reason});
  }
  sbn_status status() const { return out_->n > out_->capacity ? SBN_E_LIMIT : SBN_OK; }

 private:
  void add(sbn_match_move row) {
    if (out_->n < out_->capacity) out_->moves[out_->n] = row;
    ++out_->n;
  }
  sbn_match_out* out_;
};

using match_events = std::span<const sbn_match_event>;
using match_moves = std::span<const sbn_match_move>;

namespace detail {

template <class T>
concept names_solve = requires { &T::solve; };

template <class T>
concept good_load = requires(T& object, const call& call, const match_view& view) {
  { object.load(call, view) } -> std::same_as<void>;
};
template <class T>
concept good_propose =
    requires(T& object, const call& call, const match_view& view, match_events events, moves& out) {
      { object.propose(call, view, events, out) } -> std::same_as<void>;
    };
template <class T>
concept good_observe = requires(T& object, const call& call, const match_view& view,
                                match_events events, match_moves accepted) {
  { object.observe(call, view, events, accepted) } -> std::same_as<void>;
};
template <class T>
concept good_solve =
    requires(const T& object, const call& call, const match_view& view, moves& out) {
      { object.solve(call, view, out) } -> std::same_as<void>;
    };
template <class T>
concept explains_match = requires(T& object, const match_view& view, uint32_t miner) {
  { object.explain(view, miner) } -> std::convertible_to<std::string>;
};

template <class T>
struct matcher_slots {
  static match_view checked(const sbn_match_view* view) {
    require(SBN_HAS(view, move_budget) && view->redundancy > 0,
            "a view has every column of version 1 and a redundancy of at least 1");
    return match_view(view);
  }
  static sbn_status load(void* self, const sbn_call* raw, const sbn_match_view* view,
                         sbn_error* err) noexcept {
    return guard(err, [&] {
      object_of<T>(self).load(call(raw), checked(view));
      return SBN_OK;
    });
  }
  static sbn_status propose(void* self, const sbn_call* raw, const sbn_match_view* view,
                            const sbn_match_event* events, uint64_t n, sbn_match_out* out,
                            sbn_error* err) noexcept {
    return guard(err, [&] {
      moves rows(out);
      object_of<T>(self).propose(call(raw), checked(view), match_events(events, n), rows);
      return rows.status();
    });
  }
  static sbn_status observe(void* self, const sbn_call* raw, const sbn_match_view* view,
                            const sbn_match_event* events, uint64_t n_events,
                            const sbn_match_move* accepted, uint64_t n_moves,
                            sbn_error* err) noexcept {
    return guard(err, [&] {
      object_of<T>(self).observe(call(raw), checked(view), match_events(events, n_events),
                                 match_moves(accepted, n_moves));
      return SBN_OK;
    });
  }
  static sbn_status solve(void* self, const sbn_call* raw, const sbn_match_view* view,
                          sbn_match_out* out, sbn_error* err) noexcept {
    return guard(err, [&] {
      moves rows(out);
      std::as_const(object_of<T>(self)).solve(call(raw), checked(view), rows);
      return rows.status();
    });
  }
  static sbn_status explain(void* self, const sbn_call*, const sbn_match_view* view, uint32_t miner,
                            sbn_sink sink, sbn_error* err) noexcept {
    return guard(err, [&]() -> sbn_status {
      if constexpr (explains_match<T>) {
        require(miner < view->miner_count, "no such miner slot");
        return tell(sink, object_of<T>(self).explain(checked(view), miner));
      } else {
        return SBN_E_UNSUPPORTED;
      }
    });
  }
  static constexpr sbn_matcher table{
      sizeof(sbn_matcher), 0, &load, &propose, &observe, &solve, &explain};
};

}  // namespace detail
}  // namespace subnet
