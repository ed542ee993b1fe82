// SPDX-License-Identifier: 0BSD
// A sum of multiples of ristretto255 points, in a time that varies with them: for public values
// alone. Straus' way: one chain of doublings for all, the multiples of each taken from a table.
#pragma once

#include <decaf.h>

#include <array>
#include <cstdint>
#include <vector>

namespace subnetd::commune {

class PointSum {
 public:
  void reserve(std::size_t terms);
  void add(const decaf_255_scalar_t factor, const decaf_255_point_t point);
  bool is_identity() const;

 private:
  static constexpr unsigned window = 5;  // bits a digit; digits are odd, or 0
  static constexpr std::size_t places = 256;

  // 1, 3, 5 … times a point.
  using Odd = std::array<decaf_255_point_t, std::size_t{1} << (window - 2)>;
  struct Digit {
    std::uint32_t term;
    std::int32_t value;  // not 0
  };

  std::vector<Odd> terms_;
  std::array<std::vector<Digit>, places> digits_;  // of all factors, by their place
};

}  // namespace subnetd::commune
