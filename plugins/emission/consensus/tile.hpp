// SPDX-License-Identifier: 0BSD
// One tile of 16 columns, worked on by one of several instruction paths. Only plain memory and
// functions of each path's own: nothing a path compiles may be shared with another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace consensus {

inline constexpr size_t lanes = 16;       // columns of a tile
inline constexpr size_t sum_lanes = 8;    // partial sums of a row: column k adds to lane k mod 8

constexpr double two32 = 4294967296.0, two52 = 4503599627370496.0;

// What all tiles of an epoch have. Shares are whole numbers of 2^-32, and sums of them stay below
// 2^52; what they are multiplied with are fractions of 32 bits. Doubles hold both as they are, an
// exact 1 included.
struct TileRules {
  bool linear = false;         // consensus is the mean, bonds have no memory
  bool per_validator = false;  // Yuma 3: a bond has no stake in it
  bool liquid = false;         // Yuma 3: the average's speed is one of each pair
  double penalty = 0;          // how far a bond's weight moves to the clipped one, 0..1
  double minority = 0;
  double alpha_low = 0, alpha_high = 0;
  int64_t slope = 0;           // I32F32: of the sigmoid over the difference
  int terms = 0;               // of the chain's exp that are not 0, after 1 + x
  double alpha_even = 0;       // what it gives where there is no difference
  size_t rows = 0;
  const double* scale = nullptr;   // 2^32 / total of the row's weights, a bit above; 0: none
  const double* total = nullptr;   // that total * 2^-32
  const double* active = nullptr;  // active stake
  const double* voice = nullptr;
  const uint32_t* voice32 = nullptr;
};

struct TileJob {
  const uint16_t* weight = nullptr;  // rows x 16
  uint16_t* bond = nullptr;              // old ones, then new ones
  const uint16_t* has_weight = nullptr;  // a bit a lane
  uint16_t* has_out = nullptr;
  double* trust = nullptr;      // rows x sum_lanes, added to
  double* dividends = nullptr;  // the same; the sums begin with 2^52
  double* cells = nullptr;      // scratch: rows x 8
  uint32_t* scores = nullptr;   // scratch: rows x 16
  uint32_t* near = nullptr;     // scratch: rows x 16
  uint32_t* near_voices = nullptr;  // scratch: rows
  // Of each column. The first pass writes the first four, the second reads all.
  alignas(64) double consensus[lanes], prerank[lanes], rank[lanes], delta[lanes];
  alignas(64) double alpha[lanes], keep[lanes], incentive[lanes];
};

struct Kernel {
  const char* name;
  void (*weigh)(const TileRules&, TileJob&);  // consensus, ranks, trust
  void (*bond)(const TileRules&, TileJob&);   // new bonds, dividends
};

// One pair's alpha by the chain's series: for what a vector path does not cover.
double alpha_of(const TileRules& rules, double diff);

extern const Kernel plain_exact, plain_fast;
extern const Kernel avx2_exact, avx2_fast;
extern const Kernel avx512_exact, avx512_fast;

}  // namespace consensus
