// SPDX-License-Identifier: 0BSD
// One column as a list of its entries, in the chains' own integers: sparse columns, and lanes of a
// tile that have a share of exactly 1.
#pragma once

#include "columns.hpp"

namespace consensus {

struct RowShare {
  bits active = 0, voice = 0;
  uint64_t total = 0;  // of the row's raw weights
};

struct Entry {
  uint32_t row = 0;
  bool weighed = false;  // stands in the weights, with 0 perhaps
  uint16_t bond = 0;     // as stored
  bits weight = 0;       // share of its row
};

struct ColumnSums {
  bits consensus = 0, prerank = 0, rank = 0;
};

// What turns old bonds into new ones in this column.
struct Averaging {
  bits consensus = 0, incentive = 0;
  bits alpha = 0, keep = 0;
  bool liquid = false;
  bits alpha_low = 0, alpha_high = 0;
  bits slope = 0;
};

bits alpha_of(bits diff, bits alpha_low, bits alpha_high, bits slope);
// slope of the sigmoid for a steepness, and the difference that a pair has.
constexpr bits slope_of(bits steepness) {
  return steepness / -100;
}
bits difference_of(bits consensus, bits weight, bits bond);

class ListColumn {
 public:
  ListColumn(const Rules& rules, const Standing& standing, const std::vector<RowShare>& rows)
      : rules_(rules), standing_(standing), rows_(rows) {}

  std::vector<Entry>& entries() { return entries_; }  // of one column, rows ascending

  // trust: what each row gives to the consensus, `stride` apart, added to.
  ColumnSums weigh(double* trust, size_t stride);
  // dividends: likewise. Leaves each entry's new bond as it is stored; `there` where there is one.
  void bond(const Averaging& how, double* dividends, size_t stride);
  uint16_t stored(size_t k) const { return stored_[k]; }
  bool there(size_t k) const { return there_[k] != 0; }

 private:
  bits median();
  bits clipped(bits weight, bits consensus) const;
  bits bond_weight(bits weight, bits consensus) const;
  bits liquid_bond(const Entry& e, bits old, const Averaging& how) const;
  void average(const Averaging& how);

  const Rules& rules_;
  const Standing& standing_;
  const std::vector<RowShare>& rows_;
  std::vector<Entry> entries_;
  std::vector<std::pair<bits, bits>> scores_;
  std::vector<bits> bonds_;
  std::vector<uint16_t> stored_;
  std::vector<uint8_t> there_;
};

}  // namespace consensus
