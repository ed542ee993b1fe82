// SPDX-License-Identifier: 0BSD
// Who is checked by whom in an epoch, drawn from its seed: nobody chooses, anybody can verify.
//
// For one type: n miners ranked by registration, k copies each, and the quota table, which says how
// many copies each validator has (validators in registration order, no quota above n).
//   1. The validators are shuffled: Fisher-Yates from the last, lots(seed, type).below(i).
//   2. Each gets as many places in a row as its quota: places 0 .. k*n-1.
//   3. Copy c of rank r has place c*n + permuted(r), a Feistel network of four rounds over the
//      least even number of bits that counts n, walked until below n.
//   4. Only a validator that lies across c*n can have one miner twice: see settle_border().
#pragma once

#include <unordered_map>
#include <vector>

#include "subnet/matching/deal.hpp"

namespace subnet::matching {

// A permutation of 0 .. n-1 that needs no table.
class permutation {
 public:
  permutation(uint64_t n, uint64_t key) : n_(n), key_(key) {
    while (n_ > uint64_t{1} << (2 * half_)) ++half_;
  }
  uint64_t operator()(uint64_t at) const {
    do at = forth(at);
    while (at >= n_);
    return at;
  }
  uint64_t inverse(uint64_t at) const {
    do at = back(at);
    while (at >= n_);
    return at;
  }

 private:
  uint64_t mask() const { return (uint64_t{1} << half_) - 1; }
  uint64_t round(uint64_t half, uint64_t number) const {
    uint64_t z = (half + 1) * 0x9e3779b97f4a7c15ull ^ (key_ + number * 0xd6e8feb86659fd93ull);
    z = (z ^ (z >> 32)) * 0xbf58476d1ce4e5b9ull;
    return (z ^ (z >> 29)) & mask();
  }
  uint64_t forth(uint64_t at) const {
    uint64_t left = at >> half_, right = at & mask();
    for (uint64_t i = 0; i < 4; ++i) {
      const uint64_t next = left ^ round(right, i);
      left = right;
      right = next;
    }
    return left << half_ | right;
  }
  uint64_t back(uint64_t at) const {
    uint64_t left = at >> half_, right = at & mask();
    for (uint64_t i = 4; i-- > 0;) {
      const uint64_t before = right ^ round(left, i);
      right = left;
      left = before;
    }
    return left << half_ | right;
  }

  uint64_t n_, key_;
  uint32_t half_ = 1;
};

// Who takes part in an epoch, where only a fraction of a type's miners does: of rank r in
// registration order, who has permuted(r) below n * ppm / 1,000,000, rounded up; that is its rank
// in the rotation. The key of the permutation is the first draw of lots(seed, type + 2^32).
class partaking {
 public:
  partaking(std::span<const uint8_t, 32> seed, uint32_t type, uint64_t miners, uint32_t ppm)
      : size_((miners * std::min(ppm, ppm_one) + ppm_one - 1) / ppm_one),
        order_(std::max<uint64_t>(1, miners), lots(seed, type + (uint64_t{1} << 32)).next()) {}
  uint64_t size() const { return size_; }
  // size() for one who does not take part.
  uint64_t rank_of(uint64_t rank) const { return std::min(size_, order_(rank)); }

 private:
  uint64_t size_;
  permutation order_;
};

class rotation {
 public:
  struct quota {
    uint32_t validator;
    uint64_t copies;
  };

  // type: its number in the view.
  rotation(std::span<const uint8_t, 32> seed, uint32_t type, uint64_t miners, uint32_t redundancy,
           std::vector<quota> table)
      : n_(miners), table_(std::move(table)), moved_(redundancy) {
    lots draw(seed, type);
    for (size_t i = table_.size(); i > 1; --i) std::swap(table_[i - 1], table_[draw.below(i)]);
    uint64_t sum = 0;
    for (const quota& each : table_) {
      ends_.push_back(sum += each.copies);
    }
    for (uint32_t copy = 0; copy < redundancy; ++copy) {
      orders_.emplace_back(std::max<uint64_t>(1, n_), draw.next());
      if (copy > 0) settle_border(copy);
    }
  }

  // The validator of one copy of the miner with that rank; SBN_NONE where the quotas end.
  uint32_t at(uint64_t rank, uint32_t copy) const {
    return owner(copy * n_ + place(rank, copy));
  }

 private:
  uint64_t place(uint64_t rank, uint32_t copy) const {
    const auto found = moved_[copy].find(rank);
    return found == moved_[copy].end() ? orders_[copy](rank) : found->second;
  }
  uint32_t owner(uint64_t place) const {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), place);
    if (end == ends_.end()) return SBN_NONE;
    return table_[static_cast<size_t>(end - ends_.begin())].validator;
  }
  // Whoever would have the validator across the border twice swaps places, from the border on, with
  // the first who can have it: one whose previous copy is elsewhere and who is not moved yet.
  void settle_border(uint32_t copy) {
    const uint64_t border = copy * n_;
    const uint32_t across = owner(border);
    if (border == 0 || across == SBN_NONE || owner(border - 1) != across) return;
    const uint64_t end = *std::upper_bound(ends_.begin(), ends_.end(), border);
    const uint64_t last = std::min(n_, end - border);
    uint64_t next = last;
    for (uint64_t at = 0; at < last; ++at) {
      const uint64_t rank = orders_[copy].inverse(at);
      if (this->at(rank, copy - 1) != across) continue;
      while (next < n_ && this->at(orders_[copy].inverse(next), copy - 1) == across) ++next;
      if (next >= n_) return;
      moved_[copy][rank] = next;
      moved_[copy][orders_[copy].inverse(next)] = at;
      ++next;
    }
  }

  uint64_t n_;
  std::vector<quota> table_;
  std::vector<uint64_t> ends_;
  std::vector<permutation> orders_;
  std::vector<std::unordered_map<uint64_t, uint64_t>> moved_;  // [copy]: rank -> place
};

}  // namespace subnet::matching
