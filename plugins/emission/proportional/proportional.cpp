// SPDX-License-Identifier: 0BSD
// Pays each miner in proportion to its mean score of the epoch, to the last unit.
#include <map>
#include <subnet/plugin.hpp>

#include "shares.hpp"

namespace {

using proportional::Mean;

class Proportional {
 public:
  static constexpr std::string_view id = "proportional";
  static constexpr std::string_view summary = "Pays miners in proportion to their mean scores";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      R"("owner_cap_ppm":{"type":"integer","minimum":0,"maximum":1000000,"default":1000000},)"
      R"("validators_min":{"type":"integer","minimum":0,"maximum":65535,"default":0}}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit Proportional(const subnet::context& cx)
      : owner_cap_ppm_(static_cast<uint64_t>(cx.config.i64("owner_cap_ppm", 1'000'000))),
        validators_min_(static_cast<uint32_t>(cx.config.i64("validators_min", 0))) {}

  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    std::vector<size_t> rows;
    std::vector<Mean> means;
    const std::vector<uint32_t> seen = weighed_by(in);
    for (size_t i = 0; i < in.size(); ++i) {
      if (!shares(in, i) || (validators_min_ > 0 && seen[i] < validators_min_)) continue;
      rows.push_back(i);
      means.push_back({in.score_sum_ppm()[i], in.score_count()[i], in.registered_at()[i]});
    }
    std::vector<uint64_t> amounts = proportional::Split(in.budget_nano(), means).amounts(means);
    if (owner_cap_ppm_ < ppm) cap_owners(in, rows, amounts);
    uint64_t paid = 0;
    for (size_t k = 0; k < rows.size(); ++k) {
      out.amount_nano()[rows[k]] = amounts[k];
      paid += amounts[k];
    }
    out.unallocated_nano(in.budget_nano() - paid);
    if (!out.incentive().empty()) weigh(rows, means, out.incentive());
  }

  std::string explain(const subnet::emission_in& in, uint64_t row) const {
    if (in.role()[row] != SBN_ROLE_MINER) return "only miners are paid";
    if (in.payable()[row] == 0) return "flagged: not paid, and left out of the total";
    if (in.score_count()[row] == 0) return "no verdict in this epoch";
    if (const uint32_t seen = validators_min_ > 0 ? weighed_by(in)[row] : 0;
        seen < validators_min_) {
      return "weighed by " + std::to_string(seen) + " validators of at least " +
             std::to_string(validators_min_) + " (validators_min): left out of the total";
    }
    std::string text = "mean score " + std::to_string(in.score_sum_ppm()[row]) + " / " +
                       std::to_string(in.score_count()[row]) +
                       " ppm, divided by the sum of all paid means";
    if (owner_cap_ppm_ < ppm) {
      text += "; its key gets at most " + std::to_string(owner_cap_ppm_) + " ppm of the budget";
    }
    return text;
  }

 private:
  using Wide = unsigned __int128;
  static constexpr uint64_t ppm = 1'000'000;

  static bool shares(const subnet::emission_in& in, size_t i) {
    return in.role()[i] == SBN_ROLE_MINER && in.payable()[i] != 0 && in.score_count()[i] != 0;
  }

  // How many validators give each node a weight; empty where nobody asks.
  std::vector<uint32_t> weighed_by(const subnet::emission_in& in) const {
    if (validators_min_ == 0) return {};
    std::vector<uint32_t> seen(in.size(), 0);
    const sbn_csr16& weights = in.raw()->weights;
    for (uint64_t e = 0; e < weights.row_at[in.size()]; ++e) {
      if (weights.val[e] != 0) ++seen[weights.col[e]];
    }
    return seen;
  }

  // Nodes of one key together get no more than the cap, each the same fraction less; the rest
  // stays unallocated.
  void cap_owners(const subnet::emission_in& in, const std::vector<size_t>& rows,
                  std::vector<uint64_t>& amounts) const {
    const uint32_t* const owner = in.raw()->owner;
    std::map<uint32_t, uint64_t> of_owner;
    for (size_t k = 0; k < rows.size(); ++k) of_owner[owner[rows[k]]] += amounts[k];
    const auto cap = static_cast<uint64_t>(Wide{in.budget_nano()} * owner_cap_ppm_ / ppm);
    for (size_t k = 0; k < rows.size(); ++k) {
      const uint32_t key = owner[rows[k]];
      const uint64_t all = key == 0 ? amounts[k] : of_owner[key];
      if (all > cap) amounts[k] = static_cast<uint64_t>(Wide{amounts[k]} * cap / all);
    }
  }

  // The best mean is 65535, every other its proportion, rounded half-even.
  static void weigh(const std::vector<size_t>& rows, const std::vector<Mean>& means,
                    std::span<uint16_t> incentive) {
    if (means.empty()) return;
    const Mean& best = *std::max_element(
        means.begin(), means.end(),
        [](const Mean& a, const Mean& b) { return Wide{a.sum} * b.count < Wide{b.sum} * a.count; });
    if (best.sum == 0) return;
    for (size_t k = 0; k < rows.size(); ++k) {
      const Wide over = Wide{means[k].sum} * best.count * 65'535;
      const Wide under = Wide{best.sum} * means[k].count;
      const Wide twice = 2 * (over % under);
      uint64_t weight = static_cast<uint64_t>(over / under);
      if (twice > under || (twice == under && (weight & 1) != 0)) ++weight;
      incentive[rows[k]] = static_cast<uint16_t>(weight);
    }
  }

  uint64_t owner_cap_ppm_;
  uint32_t validators_min_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.proportional", "1.0.0", Proportional);
