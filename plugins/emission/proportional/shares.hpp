// SPDX-License-Identifier: 0BSD
// Splits a budget by exact fractions: each mean is sum / count, each share mean / (sum of means).
// Every part is the floor of its share; the units left go to the largest remainders, ties to the
// earlier registration. Whole numbers of any length: nothing is rounded on the way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

namespace proportional {

// A natural number, limbs of 64 bits, least significant first, no leading zeros.
class Natural {
 public:
  Natural(uint64_t value = 0) {  // NOLINT: numbers convert
    if (value != 0) limbs_.push_back(value);
  }

  Natural operator*(uint64_t factor) const {
    Natural out = *this;
    unsigned __int128 carry = 0;
    for (uint64_t& limb : out.limbs_) {
      carry += static_cast<unsigned __int128>(limb) * factor;
      limb = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) out.limbs_.push_back(static_cast<uint64_t>(carry));
    out.trim();
    return out;
  }
  Natural& operator+=(const Natural& other) {
    if (limbs_.size() < other.limbs_.size()) limbs_.resize(other.limbs_.size());
    unsigned __int128 carry = 0;
    for (size_t i = 0; i < limbs_.size(); ++i) {
      carry += limbs_[i];
      if (i < other.limbs_.size()) carry += other.limbs_[i];
      limbs_[i] = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
    if (carry != 0) limbs_.push_back(static_cast<uint64_t>(carry));
    return *this;
  }
  // other must not be larger.
  Natural& operator-=(const Natural& other) {
    uint64_t borrow = 0;
    for (size_t i = 0; i < limbs_.size(); ++i) {
      const unsigned __int128 less =
          static_cast<unsigned __int128>(i < other.limbs_.size() ? other.limbs_[i] : 0) + borrow;
      borrow = limbs_[i] < less ? 1 : 0;
      limbs_[i] -= static_cast<uint64_t>(less);
    }
    trim();
    return *this;
  }
  bool operator<(const Natural& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() < other.limbs_.size();
    return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(),
                                        other.limbs_.rend());
  }
  bool operator==(const Natural&) const = default;
  bool zero() const { return limbs_.empty(); }

  // Divides by a small number and returns the rest.
  uint64_t shrink(uint64_t divisor) {
    unsigned __int128 rest = 0;
    for (size_t i = limbs_.size(); i-- > 0;) {
      rest = (rest << 64) | limbs_[i];
      limbs_[i] = static_cast<uint64_t>(rest / divisor);
      rest %= divisor;
    }
    trim();
    return static_cast<uint64_t>(rest);
  }

  // Leaves the remainder of *this / divisor here and returns the quotient, which must be below
  // 2^64.
  uint64_t reduce(const Natural& divisor) {
    uint64_t quotient = 0;
    while (!(*this < divisor)) {
      const uint64_t step = std::max<uint64_t>(1, at_least(divisor));
      *this -= divisor * step;
      quotient += step;
    }
    return quotient;
  }

 private:
  // A lower bound of *this / divisor, near enough that a few steps suffice.
  uint64_t at_least(const Natural& divisor) const {
    const int shift = __builtin_clzll(divisor.limbs_.back());
    const uint64_t low = divisor.limbs_.size() > 1 ? divisor.limbs_[divisor.limbs_.size() - 2] : 0;
    const uint64_t top = (divisor.limbs_.back() << shift) | (shift ? low >> (64 - shift) : 0);
    const size_t n = divisor.limbs_.size();
    auto limb = [&](size_t i) { return i < limbs_.size() ? limbs_[i] : 0; };
    const unsigned __int128 high = (static_cast<unsigned __int128>(limb(n)) << 64) | limb(n - 1);
    const uint64_t below = n > 1 ? limb(n - 2) : 0;
    const unsigned __int128 head = (high << shift) | (shift ? below >> (64 - shift) : 0);
    if (top == UINT64_MAX) return static_cast<uint64_t>(head >> 64);
    return static_cast<uint64_t>(head / (static_cast<unsigned __int128>(top) + 1));
  }
  void trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }
  std::vector<uint64_t> limbs_;
};

struct Mean {
  uint64_t sum = 0;
  uint64_t count = 1;  // not 0
  uint64_t order = 0;  // registration: breaks ties
};

// A mean in lowest terms, so that equal means are equal keys.
inline std::pair<uint64_t, uint64_t> lowest(const Mean& mean) {
  const uint64_t common = std::gcd(mean.sum, mean.count);
  return {mean.sum / common, mean.count / common};
}

class Split {
 public:
  Split(uint64_t budget, const std::vector<Mean>& means) : budget_(budget) {
    for (const Mean& mean : means) ++classes_[lowest(mean)].members;
    for (const auto& [key, one] : classes_) {  // the least common denominator
      Natural left = scale_;
      const uint64_t rest = left.shrink(key.second);
      scale_ = scale_ * (key.second / std::gcd(key.second, rest));
    }
    for (const auto& [key, one] : classes_) total_ += weight(key) * one.members;
    if (total_.zero()) return;
    for (auto& [key, one] : classes_) {
      Natural rest = weight(key) * budget_;
      one.floor = rest.reduce(total_);
      one.rest = std::move(rest);
    }
  }

  // One amount a mean; they add up to the budget, or are all zero when every mean is.
  std::vector<uint64_t> amounts(const std::vector<Mean>& means) const {
    std::vector<uint64_t> out(means.size());
    if (total_.zero()) return out;
    uint64_t left = budget_;
    std::vector<const Class*> of(means.size());
    for (size_t i = 0; i < means.size(); ++i) {
      of[i] = &classes_.at(lowest(means[i]));
      out[i] = of[i]->floor;
      left -= out[i];
    }
    std::vector<size_t> rows(means.size());
    std::iota(rows.begin(), rows.end(), size_t{0});
    std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) {
      if (of[a] != of[b] && !(of[a]->rest == of[b]->rest)) return of[b]->rest < of[a]->rest;
      return means[a].order < means[b].order;
    });
    for (uint64_t i = 0; i < left; ++i) ++out[rows[i]];
    return out;
  }

 private:
  struct Class {
    uint64_t members = 0;
    uint64_t floor = 0;
    Natural rest;
  };
  Natural weight(const std::pair<uint64_t, uint64_t>& key) const {
    Natural out = scale_;
    out.shrink(key.second);
    return out * key.first;
  }

  uint64_t budget_;
  Natural scale_ = 1;
  Natural total_;
  std::map<std::pair<uint64_t, uint64_t>, Class> classes_;
};

}  // namespace proportional
