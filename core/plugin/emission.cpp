// SPDX-License-Identifier: 0BSD
#include "plugin/emission.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <span>

#include "domain/limits.hpp"

namespace subnetd::plugin {
namespace {

std::unexpected<Error> bad(const std::string& why) {
  return fail(Errc::malformed, "emission input: " + why);
}

// Without a way out of the loop, so that it looks at several at a time.
bool ascends(std::span<const std::uint32_t> row) {
  std::uint32_t wrong = 0;
  for (std::size_t i = 1; i < row.size(); ++i) wrong |= row[i] <= row[i - 1] ? 1u : 0u;
  return wrong == 0;
}

Result<void> check_csr(const Csr16& csr, std::size_t n, const char* what) {
  if (csr.row_at.size() != n + 1 || csr.row_at.front() != 0 ||
      csr.row_at.back() != csr.col.size() || csr.col.size() != csr.val.size()) {
    return bad(std::string(what) + ": lengths differ");
  }
  for (std::size_t r = 0; r < n; ++r) {
    const std::uint64_t begin = csr.row_at[r], end = csr.row_at[r + 1];
    const auto wrong = [&](const char* why) {
      return bad(std::string(what) + ": " + why + " (row " + std::to_string(r) + ")");
    };
    if (begin > end || end > csr.col.size()) return wrong("offsets go back");
    if (!ascends(std::span(csr.col).subspan(begin, end - begin))) {
      return wrong("columns of a row must be sorted and unique");
    }
    if (begin < end && csr.col[end - 1] >= n) return wrong("column out of range");
  }
  return {};
}

sbn_csr16 raw(const Csr16& csr) {
  return {csr.row_at.data(), csr.col.data(), csr.val.data()};
}

std::vector<sbn_param> params_of(const EmissionInput& in) {
  std::vector<sbn_param> params;
  for (const auto& [id, value] : in.params) params.push_back({id, value});
  return params;
}

// A row has no more bonds than columns, nor than entries it could have come from.
std::uint64_t most_bonds(const EmissionInput& in) {
  const std::size_t n = in.uid.size();
  std::uint64_t all = 0;
  for (std::size_t r = 0; r < n; ++r) {
    all += std::min<std::uint64_t>(n, in.weights.row_at[r + 1] - in.weights.row_at[r] +
                                          in.bonds.row_at[r + 1] - in.bonds.row_at[r]);
  }
  return all;
}

// Zeroes, on large pages where they are many: most of what a first touch costs is by the page.
template <class T>
void zeroes(std::vector<T>& column, std::uint64_t count) {
  constexpr std::uintptr_t page = 4096;
  constexpr std::uint64_t large = std::uint64_t{8} << 20;
  column.clear();
  column.reserve(count);
  if (count * sizeof(T) >= large) {
    const auto begin = (reinterpret_cast<std::uintptr_t>(column.data()) + page - 1) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(column.data() + count) / page * page;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }
  column.resize(count);
}

template <class Do>
void for_raw(EmissionRaw& raw, Do&& each) {
  for (auto* column : {&raw.stake, &raw.active_stake, &raw.consensus, &raw.rank, &raw.incentive,
                       &raw.dividends, &raw.validator_trust}) {
    each(*column);
  }
}

void make_room(EmissionOutput& out, std::size_t n, std::uint64_t bonds, bool with_raw) {
  constexpr std::uint64_t poison = 0xffffffffffffffffull;  // an amount that was not written
  out.amount_nano.assign(n, poison);
  for (auto* column : {&out.incentive, &out.dividends, &out.consensus, &out.trust, &out.rank,
                       &out.validator_trust, &out.pruning, &out.stake_weight}) {
    column->assign(n, 0);
  }
  for (auto* column : {&out.miner_nano, &out.validator_nano, &out.combined_nano}) {
    column->assign(n, 0);
  }
  for_raw(out.raw, [&](auto& column) { column.assign(with_raw ? n : 0, 0); });
  out.active.assign(n, 0);
  out.permit.assign(n, 0);
  out.bonds_row.assign(n, SBN_BONDS_KEEP);
  out.bonds.row_at.assign(n + 1, 0);
  zeroes(out.bonds.col, bonds);
  zeroes(out.bonds.val, bonds);
}

sbn_emission_out raw(EmissionOutput& out, bool with_raw) {
  sbn_emission_out o{};
  o.struct_size = sizeof(o);
  o.n = out.amount_nano.size();
  o.amount_nano = out.amount_nano.data();
  o.incentive = out.incentive.data();
  o.dividends = out.dividends.data();
  o.consensus = out.consensus.data();
  o.trust = out.trust.data();
  o.rank = out.rank.data();
  o.validator_trust = out.validator_trust.data();
  o.pruning = out.pruning.data();
  o.permit = out.permit.data();
  o.bonds_row = out.bonds_row.data();
  o.bonds_capacity = out.bonds.col.size();
  o.bonds_row_at = out.bonds.row_at.data();
  o.bonds_col = out.bonds.col.data();
  o.bonds_val = out.bonds.val.data();
  o.miner_nano = out.miner_nano.data();
  o.validator_nano = out.validator_nano.data();
  o.combined_nano = out.combined_nano.data();
  o.active = out.active.data();
  o.stake_weight = out.stake_weight.data();
  if (!with_raw) return o;
  o.raw_stake = out.raw.stake.data();
  o.raw_active_stake = out.raw.active_stake.data();
  o.raw_consensus = out.raw.consensus.data();
  o.raw_rank = out.raw.rank.data();
  o.raw_incentive = out.raw.incentive.data();
  o.raw_dividends = out.raw.dividends.data();
  o.raw_validator_trust = out.raw.validator_trust.data();
  return o;
}

std::string check_bonds(const EmissionInput& in, const EmissionOutput& out) {
  bool sets = false;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const std::uint8_t row = out.bonds_row[i];
    if (row > SBN_BONDS_EMPTY)
      return "bond row " + std::to_string(i) + " is " + std::to_string(row);
    sets = sets || row == SBN_BONDS_SET;
    if (out.permit[i] > 1 || out.active[i] > 1) {
      return "permit or active " + std::to_string(i) + " is neither 0 nor 1";
    }
  }
  if (!sets) return "";
  auto ok = check_csr(out.bonds, in.uid.size(), "bonds");
  return ok ? "" : ok.error().message;
}

std::string check_answer(const EmissionInput& in, const EmissionOutput& out) {
  if (out.treasury_nano > out.founder_nano) return "the treasury's part is over founder_nano";
  unsigned __int128 sum = out.founder_nano;
  sum += out.dust_nano;
  sum += out.unallocated_nano;
  for (std::size_t i = 0; i < in.uid.size(); ++i) {
    const std::string uid = "uid " + std::to_string(in.uid[i]);
    if (out.amount_nano[i] > in.budget_nano)
      return uid + " gets more than the budget, or was forgotten";
    if (in.payable[i] == 0 && out.amount_nano[i] != 0) return uid + " is flagged and paid";
    sum += out.amount_nano[i];
  }
  if (sum != in.budget_nano) {
    return "founder, amounts, dust and unallocated do not add up to the budget of " +
           std::to_string(in.budget_nano);
  }
  return check_bonds(in, out);
}

}  // namespace

Result<void> check_input(const EmissionInput& in) {
  const std::size_t n = in.uid.size();
  for (std::size_t size :
       {in.role.size(), in.stake_nano.size(), in.last_update.size(), in.registered_at.size(),
        in.permit.size(), in.owner.size(), in.parent.size(), in.fee.size(), in.payable.size(),
        in.score_sum_ppm.size(), in.score_count.size()}) {
    if (size != n)
      return bad("a column has " + std::to_string(size) + " rows of " + std::to_string(n));
  }
  if (!in.registered_block.empty() && in.registered_block.size() != n) {
    return bad("registered_block has " + std::to_string(in.registered_block.size()) + " rows of " +
               std::to_string(n));
  }
  unsigned __int128 stakes = 0;
  for (std::size_t i = 0; i < n; ++i) {
    stakes += in.stake_nano[i];
    if (i > 0 && in.uid[i] <= in.uid[i - 1]) return bad("uids must be sorted and unique");
    if (in.score_sum_ppm[i] > std::uint64_t{in.score_count[i]} * 1'000'000) {
      return bad("uid " + std::to_string(in.uid[i]) + ": score sum over its count");
    }
    if (in.fee[i] > 10'000) return bad("uid " + std::to_string(in.uid[i]) + ": fee over 10000");
  }
  if (stakes > UINT64_MAX) {
    const auto most = std::max_element(in.stake_nano.begin(), in.stake_nano.end());
    return bad("the stakes add up to more than 2^64 - 1 nano; the most, " + std::to_string(*most) +
               ", is uid " +
               std::to_string(in.uid[static_cast<std::size_t>(most - in.stake_nano.begin())]) +
               "'s");
  }
  SUBNETD_CHECK(check_csr(in.weights, n, "weights"));
  return check_csr(in.bonds, n, "bonds");
}

sbn_emission_in raw_columns(const EmissionInput& in, std::span<const sbn_param> params) {
  sbn_emission_in out{};
  out.struct_size = sizeof(out);
  out.epoch = in.epoch;
  out.block = in.block;
  out.last_step_block = in.last_step_block;
  out.budget_nano = in.budget_nano;
  out.n = in.uid.size();
  out.uid = in.uid.data();
  out.role = in.role.data();
  out.stake_nano = in.stake_nano.data();
  out.last_update = in.last_update.data();
  out.registered_at = in.registered_at.data();
  out.permit = in.permit.data();
  out.owner = in.owner.data();
  out.parent = in.parent.data();
  out.fee = in.fee.data();
  out.payable = in.payable.data();
  out.score_sum_ppm = in.score_sum_ppm.data();
  out.score_count = in.score_count.data();
  out.weights = raw(in.weights);
  out.bonds = raw(in.bonds);
  out.params = params.data();
  out.param_count = params.size();
  out.registered_block = in.registered_block.empty() ? nullptr : in.registered_block.data();
  return out;
}

Result<EmissionOutput> Emission::compute(const EmissionInput& input, bool with_raw) {
  SUBNETD_CHECK(check_input(input));
  const std::vector<sbn_param> params = params_of(input);
  const sbn_emission_in in = raw_columns(input, params);
  EmissionOutput out;
  std::uint64_t bonds = most_bonds(input);
  for (int attempt = 0; attempt < 2; ++attempt) {
    make_room(out, input.uid.size(), bonds, with_raw);
    sbn_emission_out o = raw(out, with_raw);
    auto status = instance_->call(
        "compute", in.n,
        [&](const sbn_call* call, sbn_error* err) {
          return instance_->table<sbn_emission>().compute(instance_->self(), call, &in, &o, err);
        },
        Instance::Limit::answer);
    if (!status) return std::unexpected(status.error());
    const bool more = *status == SBN_E_LIMIT;
    if (o.bonds_n > std::min(in.n * in.n, limits::plugin_bonds_max) ||
        (more && (attempt > 0 || o.bonds_n <= bonds)) || (!more && o.bonds_n > bonds)) {
      return std::unexpected(instance_->violation(
          "compute", "compute asks for room for " + std::to_string(o.bonds_n) + " bonds"));
    }
    if (more) {
      bonds = o.bonds_n;
      continue;
    }
    out.founder_nano = o.founder_nano;
    out.dust_nano = o.dust_nano;
    out.unallocated_nano = o.unallocated_nano;
    out.treasury_nano = o.treasury_nano;
    out.bonds.col.resize(o.bonds_n);
    out.bonds.val.resize(o.bonds_n);
    break;
  }
  if (std::string what = check_answer(input, out); !what.empty()) {
    return std::unexpected(instance_->violation("compute", what));
  }
  return out;
}

Result<std::string> Emission::explain(const EmissionInput& input, std::uint64_t row) {
  SUBNETD_CHECK(check_input(input));
  if (row >= input.uid.size()) return fail(Errc::not_found, "there is no such row");
  const std::vector<sbn_param> params = params_of(input);
  const sbn_emission_in in = raw_columns(input, params);
  const auto& table = instance_->table<sbn_emission>();
  return instance_->explain([&](const sbn_call* call, sbn_sink sink, sbn_error* err) {
    return table.explain == nullptr ? SBN_E_UNSUPPORTED
                                    : table.explain(instance_->self(), call, &in, row, sink, err);
  });
}

}  // namespace subnetd::plugin
