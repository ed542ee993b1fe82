// SPDX-License-Identifier: 0BSD
#include "averaging.hpp"

namespace consensus {
namespace {

// Between two elements the chain takes the higher one times the fraction: its interpolation
// multiplies the whole sum by the fraction.
bits quantile(const std::vector<bits>& sorted, uint64_t quarters) {
  if (sorted.empty()) return 0;
  const uint64_t at = quarters * (sorted.size() - 1);
  if (at % 4 == 0) return sorted[at / 4];
  return mul(sorted[at / 4 + 1], static_cast<bits>(at % 4) * (one / 4));
}

struct Line {
  bits slope = 0, offset = 0;
};

// Through both bounds at both quantiles; the offset multiplies the whole sum, as the chain does.
Line line_of(bits low, bits high, bits high_quantile, bits low_quantile) {
  if (high_quantile <= low_quantile || low == 0 || high == 0) return {};
  const auto term = [](bits alpha) { return ln(sub(div(one, alpha), one)).value_or(0); };
  const bits slope = div(sub(term(high), term(low)), sub(low_quantile, high_quantile));
  return {slope, mul(add(term(low), slope), low_quantile)};
}

}  // namespace

bits plain_alpha(const Rules& rules) {
  const auto share = (static_cast<unsigned __int128>(rules.bonds_ma) << 64) / 1'000'000;
  return one - static_cast<bits>(share >> 32);
}

std::vector<bits> column_alphas(const Rules& rules, const std::vector<bits>& consensus) {
  std::vector<bits> alphas(consensus.size(), plain_alpha(rules));
  if (!rules.liquid_alpha || rules.chain != Chain::commune_yuma) return alphas;
  std::vector<bits> sorted = consensus;
  std::sort(sorted.begin(), sorted.end());
  const bits high_quantile = quantile(sorted, 3), low_quantile = quantile(sorted, 1);
  if (high_quantile <= low_quantile && high_quantile == 0) return alphas;
  const bits low = div(of_u16(rules.alpha_low), u16_one);
  const bits high = div(of_u16(rules.alpha_high), u16_one);
  const Line line = line_of(low, high, high_quantile, low_quantile);
  for (size_t j = 0; j < alphas.size(); ++j) {
    const bits power = exp(sub(line.offset, mul(line.slope, consensus[j]))).value_or(0);
    const bits alpha = div(one, add(one, power));
    alphas[j] = std::max(low, std::min(high, alpha));
  }
  return alphas;
}

}  // namespace consensus
