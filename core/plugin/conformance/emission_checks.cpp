// SPDX-License-Identifier: 0BSD
#include "plugin/emission.hpp"

#include "domain/limits.hpp"
#include "plugin/conformance/child.hpp"
#include "plugin/conformance/grown.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr std::uint64_t epochs = 200;
constexpr std::uint64_t unwritten = UINT64_MAX;

// Rows with ties, flags, big stakes, verdicts and none; a weight row for each validator.
EmissionInput draw_epoch(std::uint64_t seed, std::size_t n) {
  Draw draw(seed);
  constexpr std::uint64_t budgets[] = {1'000'000'000,         0, 1, 7, 1'000'000'007,
                                       std::uint64_t{1} << 63};
  // Beyond what a double holds, and all of them together within 64 bits.
  const std::uint64_t stake = std::uint64_t{1} << (n <= 1'000 ? 53 : 49);
  EmissionInput in;
  in.epoch = seed;
  in.block = 1'000 + seed;
  in.last_step_block = 900;
  in.budget_nano = budgets[seed % std::size(budgets)];
  in.weights.row_at.push_back(0);
  in.bonds.row_at.assign(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const bool validator = draw.one_in(4);
    in.uid.push_back(static_cast<std::uint32_t>(2 * i + 1));
    in.role.push_back(validator ? SBN_ROLE_VALIDATOR : SBN_ROLE_MINER);
    in.stake_nano.push_back(validator ? stake + draw.below(1'000'000) : 0);
    in.last_update.push_back(900 + draw.below(100));
    in.registered_at.push_back(3 * i + draw.below(3));
    in.permit.push_back(validator ? 1 : 0);
    in.owner.push_back(static_cast<std::uint32_t>(draw.below(4)));
    in.parent.push_back(draw.one_in(8) ? static_cast<std::uint32_t>(draw.below(n)) : 0xffffffffu);
    in.fee.push_back(static_cast<std::uint16_t>(draw.below(10'001)));
    in.registered_block.push_back(draw.one_in(8) ? 950 + draw.below(60) : draw.below(900));
    in.payable.push_back(draw.one_in(6) ? 0 : 1);
    const auto count = static_cast<std::uint32_t>(validator || draw.one_in(5) ? 0 : draw.below(9));
    in.score_count.push_back(count);
    in.score_sum_ppm.push_back(draw.one_in(4) ? std::uint64_t{count} * 500'000
                                              : draw.below(std::uint64_t{count} * 1'000'000 + 1));
    for (std::size_t m = 0; validator && m < n && in.weights.col.size() < 100'000; ++m) {
      if (!draw.one_in(3)) continue;
      in.weights.col.push_back(static_cast<std::uint32_t>(m));
      in.weights.val.push_back(static_cast<std::uint16_t>(draw.below(65'536)));
    }
    in.weights.row_at.push_back(in.weights.col.size());
  }
  return in;
}

// The input's columns, framed or not.
class Columns {
 public:
  Columns(const EmissionInput& in, const Work& w)
      : uid_("uid", in.uid, w.framed),
        owner_("owner", in.owner, w.framed),
        parent_("parent", in.parent, w.framed),
        score_count_("score_count", in.score_count, w.framed),
        weight_col_("weights.col", in.weights.col, w.framed),
        role_("role", in.role, w.framed),
        permit_("permit", in.permit, w.framed),
        payable_("payable", in.payable, w.framed),
        stake_("stake_nano", in.stake_nano, w.framed),
        last_update_("last_update", in.last_update, w.framed),
        registered_at_("registered_at", in.registered_at, w.framed),
        registered_block_("registered_block", in.registered_block, w.framed),
        score_sum_("score_sum_ppm", in.score_sum_ppm, w.framed),
        weight_at_("weights.row_at", in.weights.row_at, w.framed),
        bond_at_("bonds.row_at", in.bonds.row_at, w.framed),
        fee_("fee", in.fee, w.framed),
        weight_val_("weights.val", in.weights.val, w.framed),
        in_("sbn_emission_in", filled(in), w) {
    in_.seal();
  }
  const sbn_emission_in* in() { return in_.get(); }

 private:
  sbn_emission_in filled(const EmissionInput& in) {
    sbn_emission_in out{};
    out.epoch = in.epoch;
    out.block = in.block;
    out.last_step_block = in.last_step_block;
    out.budget_nano = in.budget_nano;
    out.n = in.uid.size();
    out.uid = uid_.data();
    out.role = role_.data();
    out.stake_nano = stake_.data();
    out.last_update = last_update_.data();
    out.registered_at = registered_at_.data();
    out.permit = permit_.data();
    out.owner = owner_.data();
    out.parent = parent_.data();
    out.fee = fee_.data();
    out.payable = payable_.data();
    out.score_sum_ppm = score_sum_.data();
    out.score_count = score_count_.data();
    out.weights = {weight_at_.data(), weight_col_.data(), weight_val_.data()};
    out.bonds = {bond_at_.data(), nullptr, nullptr};
    out.registered_block = registered_block_.data();
    return out;
  }

  Column<std::uint32_t> uid_, owner_, parent_, score_count_, weight_col_;
  Column<std::uint8_t> role_, permit_, payable_;
  Column<std::uint64_t> stake_, last_update_, registered_at_, registered_block_, score_sum_,
      weight_at_, bond_at_;
  Column<std::uint16_t> fee_, weight_val_;
  Grown<sbn_emission_in> in_;
};

// Where the answer goes; wanted columns only.
struct Place {
  Place(std::size_t rows, std::size_t bonds, const Work& w)
      : amount("amount_nano", rows, w.framed, unwritten),
        bonds_row_at("bonds_row_at", rows + 1, w.framed),
        bonds_col("bonds_col", bonds, w.framed),
        bonds_val("bonds_val", bonds, w.framed),
        permit("permit", rows, w.framed),
        bonds_row("bonds_row", rows, w.framed),
        active("active", rows, w.framed),
        out("sbn_emission_out", sbn_emission_out{}, w) {
    constexpr const char* names[] = {"incentive", "dividends",       "consensus", "trust",
                                     "rank",      "validator_trust", "pruning",   "stake_weight"};
    for (const char* name : names) shares.emplace_back(name, rows, w.framed);
    for (const char* name : {"miner_nano", "validator_nano", "combined_nano"}) {
      parts.emplace_back(name, rows, w.framed);
    }
    constexpr const char* raw_names[] = {"raw_stake",     "raw_active_stake", "raw_consensus",
                                         "raw_rank",      "raw_incentive",    "raw_dividends",
                                         "raw_validator_trust"};
    for (const char* name : raw_names) raws.emplace_back(name, rows, w.framed);
    out->n = rows;
    out->amount_nano = amount.data();
    if (!w.optional) return;
    std::uint16_t** columns[] = {&out->incentive, &out->dividends, &out->consensus,
                                 &out->trust,     &out->rank,      &out->validator_trust,
                                 &out->pruning,   &out->stake_weight};
    for (std::size_t i = 0; i < shares.size(); ++i) *columns[i] = shares[i].data();
    std::uint64_t** part_columns[] = {&out->miner_nano, &out->validator_nano,
                                      &out->combined_nano};
    for (std::size_t i = 0; i < parts.size(); ++i) *part_columns[i] = parts[i].data();
    std::int64_t** raw_columns[] = {&out->raw_stake,     &out->raw_active_stake,
                                    &out->raw_consensus, &out->raw_rank,
                                    &out->raw_incentive, &out->raw_dividends,
                                    &out->raw_validator_trust};
    for (std::size_t i = 0; i < raws.size(); ++i) *raw_columns[i] = raws[i].data();
    out->active = active.data();
    out->permit = permit.data();
    out->bonds_row = bonds_row.data();
    out->bonds_capacity = bonds;
    out->bonds_row_at = bonds_row_at.data();
    out->bonds_col = bonds_col.data();
    out->bonds_val = bonds_val.data();
  }
  bool is_whole() {
    const auto whole = [](const auto& column) { return column.intact(); };
    return std::all_of(shares.begin(), shares.end(), whole) &&
           std::all_of(parts.begin(), parts.end(), whole) &&
           std::all_of(raws.begin(), raws.end(), whole) && active.intact() &&
           amount.intact() && bonds_row_at.intact() && bonds_col.intact() && bonds_val.intact() &&
           permit.intact() && bonds_row.intact() && out.tails_are_whole();
  }

  Column<std::uint64_t> amount, bonds_row_at;
  Column<std::uint32_t> bonds_col;
  Column<std::uint16_t> bonds_val;
  Column<std::uint8_t> permit, bonds_row, active;
  std::vector<Column<std::uint16_t>> shares;
  std::vector<Column<std::uint64_t>> parts;
  std::vector<Column<std::int64_t>> raws;
  Grown<sbn_emission_out> out;
};

std::string digits(std::uint64_t n) {
  return std::to_string(n) + ' ';
}

Result<std::string> text_of(Place& place, const EmissionInput& in) {
  unsigned __int128 sum = place.out->founder_nano;
  sum += place.out->dust_nano;
  sum += place.out->unallocated_nano;
  std::string text = digits(place.out->founder_nano) + digits(place.out->dust_nano) +
                     digits(place.out->unallocated_nano);
  for (const std::uint64_t amount : place.amount.all()) {
    if (amount == unwritten) return complain("a row of amount_nano was not written");
    sum += amount;
    text += digits(amount);
  }
  if (sum != in.budget_nano) return complain("a sum that is not the budget");
  for (auto& share : place.shares) {
    for (const std::uint16_t value : share.all()) text += digits(value);
  }
  for (auto& raw : place.raws) {
    for (const std::int64_t value : raw.all()) text += std::to_string(value) + ' ';
  }
  for (const std::uint8_t row : place.bonds_row.all()) text += digits(row);
  return text;
}

Result<std::string> work(Subject& subject, const Work& wanted) {
  const EmissionInput in = draw_epoch(wanted.seed, wanted.n);
  Columns columns(in, wanted);
  const auto& table = subject.table<sbn_emission>();
  std::size_t bonds = in.weights.col.size();
  for (int attempt = 0; attempt < 2; ++attempt) {
    Place place(in.uid.size(), bonds, wanted);
    const sbn_status status = subject.call("compute", [&](const sbn_call* call, sbn_error* err) {
      return table.compute(subject.self(), call, columns.in(), place.out.get(), err);
    });
    if (!place.is_whole()) {
      return complain("bytes written outside the columns or the known fields of its out");
    }
    if (status == SBN_E_LIMIT && attempt == 0 && place.out->bonds_n > bonds &&
        place.out->bonds_n <= limits::plugin_bonds_max) {
      bonds = place.out->bonds_n;
      continue;
    }
    if (status < 0) return complain(subject.complaint());
    return text_of(place, in);
  }
  return complain("SBN_E_LIMIT again, with the room that was asked for");
}

Finding check_sums(const Trial& trial) {
  for (std::uint64_t seed = 0; seed < epochs; ++seed) {
    auto instance = trial.instance();
    if (!instance) return failed("an instance", instance.error().message, "see settings");
    EmissionInput in = draw_epoch(seed, seed % 23);
    if (seed % 7 == 3) in.score_sum_ppm.assign(in.uid.size(), 0);
    if (seed % 11 == 5) in.payable.assign(in.uid.size(), 0);
    const InSlot slot("compute");
    Emission emission(std::move(*instance));
    const auto out = emission.compute(in);
    if (!out) {
      return failed(
          "founder + amounts + dust + unallocated = budget, nothing for rows that may "
          "not be paid, every column in range",
          out.error().message + " (epoch " + std::to_string(seed) + ")", see_header);
    }
  }
  return good(std::to_string(epochs) + " epochs");
}

Finding check_explain(const Trial& trial) {
  auto instance = trial.instance();
  if (!instance) return failed("an instance", instance.error().message, "see settings");
  const InSlot slot("explain");
  Emission emission(std::move(*instance));
  const EmissionInput in = draw_epoch(1, 12);
  for (std::uint64_t row = 0; row < 12; ++row) {
    const auto line = emission.explain(in, row);
    if (!line && line.error().code == Errc::not_found) return skipped("it explains nothing");
    if (!line) return failed("a line for any row", line.error().message, see_header);
  }
  return good();
}

}  // namespace

const Kind& emission_kind() {
  static const Kind kind{SBN_KIND_EMISSION,
                         work,
                         {
                             {"sums",
                              "founder + amounts + dust + unallocated = budget in 200 epochs",
                              check_sums},
                             {"explain", "a line for anything it is asked about", check_explain},
                         }};
  return kind;
}

}  // namespace subnetd::plugin::conformance
