// SPDX-License-Identifier: 0BSD
// Emission policies in C++: a class with compute becomes a subnet.emission/1.
#pragma once

#include <concepts>

#include "context.hpp"
#include "emission.h"

namespace subnet {

// Columns of n rows as spans, ordered by uid. Borrowed for the call.
class emission_in {
 public:
  explicit emission_in(const sbn_emission_in* raw) : raw_(raw) {}
  const sbn_emission_in* raw() const { return raw_; }  // weights, bonds and parameters
  size_t size() const { return raw_->n; }
  uint64_t epoch() const { return raw_->epoch; }
  uint64_t block() const { return raw_->block; }
  uint64_t budget_nano() const { return raw_->budget_nano; }
  std::span<const uint32_t> uid() const { return {raw_->uid, size()}; }
  std::span<const uint8_t> role() const { return {raw_->role, size()}; }
  std::span<const uint64_t> stake_nano() const { return {raw_->stake_nano, size()}; }
  std::span<const uint64_t> last_update() const { return {raw_->last_update, size()}; }
  std::span<const uint64_t> registered_at() const { return {raw_->registered_at, size()}; }
  std::span<const uint8_t> payable() const { return {raw_->payable, size()}; }
  std::span<const uint64_t> score_sum_ppm() const { return {raw_->score_sum_ppm, size()}; }
  std::span<const uint32_t> score_count() const { return {raw_->score_count, size()}; }

 private:
  const sbn_emission_in* raw_;
};

// Integers out. Amounts start at zero; founder + amounts + dust + unallocated must be the budget.
class emission_out {
 public:
  explicit emission_out(sbn_emission_out* raw) : raw_(raw) {}
  sbn_emission_out* raw() const { return raw_; }
  std::span<uint64_t> amount_nano() { return {raw_->amount_nano, raw_->n}; }
  // Empty when the host does not want it.
  std::span<uint16_t> incentive() { return optional(raw_->incentive); }
  std::span<uint16_t> dividends() { return optional(raw_->dividends); }
  void founder_nano(uint64_t amount) { raw_->founder_nano = amount; }
  void dust_nano(uint64_t amount) { raw_->dust_nano = amount; }
  void unallocated_nano(uint64_t amount) { raw_->unallocated_nano = amount; }

 private:
  std::span<uint16_t> optional(uint16_t* column) {
    return column == nullptr ? std::span<uint16_t>{} : std::span<uint16_t>(column, raw_->n);
  }
  sbn_emission_out* raw_;
};

namespace detail {

template <class T>
concept names_compute = requires { &T::compute; };

template <class T>
concept good_compute =
    requires(T& object, const call& call, const emission_in& in, emission_out& out) {
      { object.compute(call, in, out) } -> std::same_as<void>;
    };
template <class T>
concept explains_row = requires(T& object, const emission_in& in, uint64_t row) {
  { object.explain(in, row) } -> std::convertible_to<std::string>;
};

// Every wanted column is zero before the policy writes what it decides.
inline void clear(sbn_emission_out* out) {
  auto zero = [&](auto* column) {
    if (column != nullptr) std::fill_n(column, out->n, 0);
  };
  zero(out->amount_nano);
  out->founder_nano = out->dust_nano = out->unallocated_nano = 0;
  for (uint16_t* column : {out->incentive, out->dividends, out->consensus, out->trust, out->rank,
                           out->validator_trust, out->pruning})
    zero(column);
  zero(out->permit);
  zero(out->bonds_row);
  out->bonds_n = 0;
  if (out->bonds_row_at != nullptr) std::fill_n(out->bonds_row_at, out->n + 1, 0);
  if (!SBN_HAS(out, raw_validator_trust)) return;
  out->treasury_nano = 0;
  for (uint64_t* column : {out->miner_nano, out->validator_nano, out->combined_nano}) zero(column);
  zero(out->active);
  zero(out->stake_weight);
  for (int64_t* column :
       {out->raw_stake, out->raw_active_stake, out->raw_consensus, out->raw_rank,
        out->raw_incentive, out->raw_dividends, out->raw_validator_trust})
    zero(column);
}

template <class T>
struct emission_slots {
  static sbn_status compute(void* self, const sbn_call* raw, const sbn_emission_in* in,
                            sbn_emission_out* out, sbn_error* err) noexcept {
    return guard(err, [&] {
      require(SBN_HAS(in, param_count) && SBN_HAS(out, bonds_val) && in->n == out->n,
              "an emission has one output row for each input row");
      clear(out);
      emission_out rows(out);
      object_of<T>(self).compute(call(raw), emission_in(in), rows);
      return SBN_OK;
    });
  }
  static sbn_status explain(void* self, const sbn_call*, const sbn_emission_in* in, uint64_t row,
                            sbn_sink sink, sbn_error* err) noexcept {
    return guard(err, [&]() -> sbn_status {
      if constexpr (explains_row<T>) {
        require(row < in->n, "no such row");
        return tell(sink, object_of<T>(self).explain(emission_in(in), row));
      } else {
        return SBN_E_UNSUPPORTED;
      }
    });
  }
  static constexpr sbn_emission table{sizeof(sbn_emission), 0, &compute, &explain};
};

}  // namespace detail
}  // namespace subnet
