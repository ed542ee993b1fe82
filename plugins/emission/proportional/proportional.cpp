// SPDX-License-Identifier: 0BSD
// Pays each miner in proportion to its mean score of the epoch, to the last unit.
#include <subnet/plugin.hpp>

#include "shares.hpp"

namespace {

using proportional::Mean;

class Proportional {
 public:
  static constexpr std::string_view id = "proportional";
  static constexpr std::string_view summary = "Pays miners in proportion to their mean scores";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    std::vector<size_t> rows;
    std::vector<Mean> means;
    for (size_t i = 0; i < in.size(); ++i) {
      if (!shares(in, i)) continue;
      rows.push_back(i);
      means.push_back({in.score_sum_ppm()[i], in.score_count()[i], in.registered_at()[i]});
    }
    const std::vector<uint64_t> amounts =
        proportional::Split(in.budget_nano(), means).amounts(means);
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
    return "mean score " + std::to_string(in.score_sum_ppm()[row]) + " / " +
           std::to_string(in.score_count()[row]) + " ppm, divided by the sum of all paid means";
  }

 private:
  static bool shares(const subnet::emission_in& in, size_t i) {
    return in.role()[i] == SBN_ROLE_MINER && in.payable()[i] != 0 && in.score_count()[i] != 0;
  }

  // The best mean is 65535, every other its proportion, rounded half-even.
  static void weigh(const std::vector<size_t>& rows, const std::vector<Mean>& means,
                    std::span<uint16_t> incentive) {
    using Wide = unsigned __int128;
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
};

}  // namespace

SUBNET_PLUGIN("subnetd.proportional", "1.0.0", Proportional);
