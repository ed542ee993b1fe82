// SPDX-License-Identifier: 0BSD
#include <array>

#include "plugin/worker/kinds.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/text_answer.hpp"

namespace subnetd::plugin::worker {
namespace {

enum EmissionSlot : std::uint32_t { slot_compute = first_of_kind, slot_explain };

constexpr std::uint64_t unwritten = 0xffffffffffffffffull;  // an amount that was forgotten

void put_csr(Packer& q, const sbn_csr16& csr, std::uint64_t n) {
  q.column(csr.row_at, n + 1);
  q.column(csr.col, csr.row_at[n]);
  q.column(csr.val, csr.row_at[n]);
}

sbn_csr16 take_csr(Unpacker& in, std::uint64_t n) {
  sbn_csr16 csr{in.column<std::uint64_t>(n + 1), nullptr, nullptr};
  if (!in.good()) return csr;
  csr.col = in.column<std::uint32_t>(csr.row_at[n]);
  csr.val = in.column<std::uint16_t>(csr.row_at[n]);
  return csr;
}

void put_input(Packer& q, const sbn_emission_in& in) {
  q.put(in);  // the numbers; its pointers say nothing there
  q.column(in.uid, in.n);
  q.column(in.role, in.n);
  q.column(in.stake_nano, in.n);
  q.column(in.last_update, in.n);
  q.column(in.registered_at, in.n);
  q.column(in.permit, in.n);
  q.column(in.owner, in.n);
  q.column(in.parent, in.n);
  q.column(in.fee, in.n);
  q.column(in.payable, in.n);
  q.column(in.score_sum_ppm, in.n);
  q.column(in.score_count, in.n);
  put_csr(q, in.weights, in.n);
  put_csr(q, in.bonds, in.n);
  q.column(in.params, in.param_count);
  q.optional(in.registered_block, in.n);
}

sbn_emission_in take_input(Unpacker& from) {
  auto in = from.take<sbn_emission_in>();
  const std::uint64_t n = in.n;
  in.uid = from.column<std::uint32_t>(n);
  in.role = from.column<std::uint8_t>(n);
  in.stake_nano = from.column<std::uint64_t>(n);
  in.last_update = from.column<std::uint64_t>(n);
  in.registered_at = from.column<std::uint64_t>(n);
  in.permit = from.column<std::uint8_t>(n);
  in.owner = from.column<std::uint32_t>(n);
  in.parent = from.column<std::uint32_t>(n);
  in.fee = from.column<std::uint16_t>(n);
  in.payable = from.column<std::uint8_t>(n);
  in.score_sum_ppm = from.column<std::uint64_t>(n);
  in.score_count = from.column<std::uint32_t>(n);
  in.weights = take_csr(from, n);
  in.bonds = take_csr(from, n);
  in.params = from.column<sbn_param>(in.param_count);
  in.registered_block = from.optional<std::uint64_t>(n);
  return in;
}

// Every column of n that an answer may have, in the order of the answer.
template <class Do>
void for_columns(sbn_emission_out& out, Do&& each) {
  each(out.amount_nano);
  for (auto** column : {&out.incentive, &out.dividends, &out.consensus, &out.trust, &out.rank,
                        &out.validator_trust, &out.pruning, &out.stake_weight}) {
    each(*column);
  }
  for (auto** column : {&out.permit, &out.bonds_row, &out.active}) each(*column);
  for (auto** column : {&out.miner_nano, &out.validator_nano, &out.combined_nano}) each(*column);
  for (auto** column : {&out.raw_stake, &out.raw_active_stake, &out.raw_consensus, &out.raw_rank,
                        &out.raw_incentive, &out.raw_dividends, &out.raw_validator_trust}) {
    each(*column);
  }
}

// Which columns the host wants.
std::uint64_t wanted_columns(sbn_emission_out out) {
  std::uint64_t wanted = 0, bit = 1;
  for_columns(out, [&](auto* column) {
    if (column != nullptr) wanted |= bit;
    bit <<= 1;
  });
  return wanted;
}

constexpr std::size_t sums = 5;

sbn_status take_answer(Remote& remote, sbn_status status, sbn_emission_out& out, sbn_error* err) {
  if (status < 0 && status != SBN_E_LIMIT) return status;
  Unpacker& a = remote.answer();
  const auto sum = a.take<std::array<std::uint64_t, sums>>();
  out.founder_nano = sum[0];
  out.dust_nano = sum[1];
  out.unallocated_nano = sum[2];
  out.treasury_nano = sum[3];
  out.bonds_n = sum[4];
  if (status == SBN_E_LIMIT) return a.good() ? status : remote.garbled(err);
  for_columns(out, [&](auto* column) {
    if (column != nullptr) a.copy(column, out.n);
  });
  a.copy(out.bonds_row_at, out.n + 1);
  if (out.bonds_n > out.bonds_capacity) return status;  // the host says what is wrong with that
  const auto* col = a.column<std::uint32_t>(out.bonds_capacity);
  const auto* val = a.column<std::uint16_t>(out.bonds_capacity);
  if (!a.good()) return remote.garbled(err);
  if (out.bonds_n != 0) {
    std::memcpy(out.bonds_col, col, out.bonds_n * sizeof(*col));
    std::memcpy(out.bonds_val, val, out.bonds_n * sizeof(*val));
  }
  return status;
}

sbn_status compute(void* self, const sbn_call* call, const sbn_emission_in* in,
                   sbn_emission_out* out, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  Packer& q = remote.request();
  put_input(q, *in);
  q.put(wanted_columns(*out));
  q.put(out->bonds_capacity);
  return take_answer(remote, remote.ring(slot_compute, call, err), *out, err);
}

sbn_status explain(void* self, const sbn_call* call, const sbn_emission_in* in, std::uint64_t row,
                   sbn_sink sink, sbn_error* err) {
  Remote& remote = *static_cast<Remote*>(self);
  if (const sbn_status status = remote.open(err); status < 0) return status;
  put_input(remote.request(), *in);
  remote.request().put(row);
  return take_text(remote, remote.ring(slot_explain, call, err), sink, err);
}

class ServedEmission final : public Served {
 public:
  ServedEmission(void* self, const sbn_emission& table) : self_(self), table_(table) {}

  sbn_status serve(std::uint32_t slot, const sbn_call& call, Unpacker& in, Packer& out,
                   sbn_error& err) override {
    const sbn_emission_in input = take_input(in);
    if (!in.good()) return SBN_E_INVALID;
    if (slot == slot_compute) return compute_columns(call, input, in, out, err);
    if (slot != slot_explain || table_.explain == nullptr) return SBN_E_UNSUPPORTED;
    TextAnswer text(out);
    return text.end(table_.explain(self_, &call, &input, in.take<std::uint64_t>(), text.sink(),
                                   &err));
  }

 private:
  template <class T>
  static T* zeroes(Packer& out, std::uint64_t n) {
    T* column = out.reserve<T>(n);
    if (column != nullptr && n != 0) std::memset(column, 0, n * sizeof(T));
    return column;
  }

  sbn_status compute_columns(const sbn_call& call, const sbn_emission_in& input, Unpacker& in,
                             Packer& out, sbn_error& err) {
    auto wanted = in.take<std::uint64_t>();
    sbn_emission_out o{};
    o.struct_size = sizeof(o);
    o.n = input.n;
    o.bonds_capacity = in.take<std::uint64_t>();
    auto* sum = out.reserve<std::array<std::uint64_t, sums>>(1);
    for_columns(o, [&](auto*& column) {
      using T = std::remove_reference_t<decltype(*column)>;
      if ((wanted & 1) != 0) column = zeroes<T>(out, o.n);
      wanted >>= 1;
    });
    o.bonds_row_at = zeroes<std::uint64_t>(out, o.n + 1);
    o.bonds_col = zeroes<std::uint32_t>(out, o.bonds_capacity);
    o.bonds_val = zeroes<std::uint16_t>(out, o.bonds_capacity);
    if (out.full()) return SBN_E_NOMEM;
    if (o.amount_nano != nullptr) std::fill_n(o.amount_nano, o.n, unwritten);
    const sbn_status status = table_.compute(self_, &call, &input, &o, &err);
    *sum = {o.founder_nano, o.dust_nano, o.unallocated_nano, o.treasury_nano, o.bonds_n};
    return status;
  }

  void* self_;
  const sbn_emission& table_;
};

}  // namespace

const sbn_emission remote_emission{sizeof(sbn_emission), 0, compute, explain};

std::unique_ptr<Served> serve_emission(void* self, const sbn_emission& table) {
  return std::make_unique<ServedEmission>(self, table);
}

}  // namespace subnetd::plugin::worker
