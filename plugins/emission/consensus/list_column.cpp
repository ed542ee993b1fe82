// SPDX-License-Identifier: 0BSD
#include "list_column.hpp"

namespace consensus {

bits difference_of(bits consensus, bits weight, bits bond) {
  return std::clamp<bits>(weight >= bond ? weight - consensus : bond - weight, 0, one);
}

bits alpha_of(bits diff, bits alpha_low, bits alpha_high, bits slope) {
  const bits z = mul(slope, diff - (one >> 1));
  const bits share = div(one, add(one, exp_safe(z)));
  const bits alpha = add(alpha_low, mul(share, alpha_high - alpha_low));
  return std::max(std::min(alpha, alpha_high), alpha_low);
}

// The lowest score for which the voices up to it are more than a minority; what is absent scores 0.
// Without such a score, which takes a kappa of 0, the highest.
bits ListColumn::median() {
  scores_.clear();
  bits below = standing_.voice_total;
  for (const Entry& e : entries_) {
    const bits voice = rows_[e.row].voice;
    if (voice == 0 || e.weight == 0) continue;
    scores_.push_back({e.weight, voice});
    below -= voice;
  }
  if (scores_.size() < standing_.voices && below > standing_.minority) return 0;
  std::sort(scores_.begin(), scores_.end());
  for (const auto& [score, voice] : scores_) {
    below += voice;
    if (below > standing_.minority) return score;
  }
  return scores_.empty() ? 0 : scores_.back().first;
}

bits ListColumn::clipped(bits weight, bits consensus) const {
  return rules_.linear() ? weight : std::min(weight, consensus);
}

// The weight that a bond is made of: moved to the clipped one as far as the penalty says.
bits ListColumn::bond_weight(bits weight, bits consensus) const {
  const bits low = clipped(weight, consensus);
  if (rules_.commune() || rules_.bonds_penalty == 65535) return low;
  if (rules_.bonds_penalty == 0) return weight;
  return add(weight, mul(div(of_u16(rules_.bonds_penalty), u16_one), low - weight));
}

ColumnSums ListColumn::weigh(double* trust, size_t stride) {
  ColumnSums sums;
  if (rules_.linear()) {
    for (const Entry& e : entries_) sums.consensus += mul(e.weight, rows_[e.row].voice);
  } else {
    sums.consensus = median();
  }
  for (const Entry& e : entries_) {
    if (!e.weighed) continue;
    const bits low = clipped(e.weight, sums.consensus);
    sums.prerank += mul(e.weight, rows_[e.row].active);
    sums.rank += mul(low, rows_[e.row].active);
    trust[e.row * stride] += static_cast<double>(low);
  }
  return sums;
}

void ListColumn::bond(const Averaging& how, double* dividends, size_t stride) {
  stored_.resize(entries_.size());
  there_.resize(entries_.size());
  average(how);
  bits total = 0;
  for (const bits b : bonds_) total += b;
  for (size_t k = 0; k < entries_.size(); ++k) {
    stored_[k] = to_u16(bonds_[k]);
    there_[k] = rules_.linear() ? entries_[k].weighed : bonds_[k] > 0;
    // Linear: the average is the share already.
    const bits share = rules_.linear() ? bonds_[k] : part(bonds_[k], total);
    dividends[entries_[k].row * stride] += static_cast<double>(mul(share, how.incentive));
    bonds_[k] = share;
  }
  if (rules_.linear() || rules_.per_validator()) return;
  bits top = 0;
  for (const bits b : bonds_) top = std::max(top, b);
  for (size_t k = 0; k < entries_.size(); ++k) stored_[k] = to_u16(part(bonds_[k], top));
}

void ListColumn::average(const Averaging& how) {
  bonds_.clear();
  bits fresh = 0;
  uint64_t old = 0;
  for (const Entry& e : entries_) {
    bonds_.push_back(bond_weight(e.weight, how.consensus));
    if (!rules_.per_validator()) bonds_.back() = mul(bonds_.back(), rows_[e.row].active);
    fresh += bonds_.back();
    old += e.bond;
  }
  for (size_t k = 0; k < entries_.size(); ++k) {
    const Entry& e = entries_[k];
    if (rules_.per_validator()) {
      const bits before = div(of_u16(e.bond), u16_one);
      bonds_[k] = how.liquid ? liquid_bond(e, before, how)
                             : add(mul(how.alpha, bonds_[k]), mul(how.keep, before));
      continue;
    }
    bonds_[k] = part(bonds_[k], fresh);
    if (rules_.linear()) continue;
    const bits before = part(of_u16(e.bond), static_cast<bits>(old << 32));
    bonds_[k] = add(mul(how.alpha, bonds_[k]), mul(how.keep, before));
  }
}

// Only what stands in the new row survives, an entry of 0 too; a clipped one is gone where the
// consensus is 0.
bits ListColumn::liquid_bond(const Entry& e, bits old, const Averaging& how) const {
  if (!e.weighed) return 0;
  const bits weight = bond_weight(e.weight, how.consensus);
  if (rules_.bonds_penalty == 65535) {
    if (how.consensus <= 0 && e.weight > how.consensus) return 0;
  } else if (rules_.bonds_penalty != 0 && weight <= 0) {
    return 0;
  }
  const bits alpha = alpha_of(difference_of(how.consensus, weight, old), how.alpha_low,
                              how.alpha_high, how.slope);
  const bits bond = add(mul(one - alpha, old), std::max<bits>(0, mul(alpha, weight)));
  return std::min(one, bond);
}

}  // namespace consensus
