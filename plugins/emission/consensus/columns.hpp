// SPDX-License-Identifier: 0BSD
// The weights and bonds that count, by column: everything between the row sums and the dividends
// happens within one. Well filled columns lie in tiles of 16, the others as lists of entries, so
// memory follows the number of entries, never n * n.
#pragma once

#include <memory>

#include "crew.hpp"
#include "standing.hpp"

namespace consensus {

inline constexpr size_t tile_width = 16;
inline constexpr uint32_t no_column = 0xffffffffu;

// Memory on cache lines, not written yet; much of it on large pages, as most of what a first touch
// costs is by the page.
void* cells_memory(size_t bytes);

template <class T>
class Cells {
 public:
  explicit Cells(size_t n = 0) : cells_(static_cast<T*>(cells_memory(n * sizeof(T)))) {}
  Cells(size_t n, T value) : Cells(n) { std::fill_n(cells_.get(), n, value); }
  T* at(size_t i) { return cells_.get() + i; }
  const T* at(size_t i) const { return cells_.get() + i; }

 private:
  struct Free {
    void operator()(T* cells) const { std::free(cells); }
  };
  std::unique_ptr<T, Free> cells_;
};

// Entries of one matrix by column, rows ascending.
struct Lists {
  std::vector<uint64_t> at;  // columns + 1
  std::vector<uint32_t> row;
  std::vector<uint16_t> val;
};

// 16 columns of one tile are a line of 16 cells for each row. The bonds' pass puts the new bonds
// where the old ones were. A tile is an odd number of cache lines long: a row's lines in all tiles
// would share one set of the cache where it is a power of two.
struct Tiles {
  size_t rows = 0, count = 0, pitch = 0;
  std::vector<uint32_t> column;  // of lane k of tile t: column[16 t + k]; no_column: padding
  Cells<uint16_t> weight, bond;
  Cells<uint16_t> has_weight, has_out;  // a bit a lane, one word a row
  size_t line(size_t tile, size_t row) const { return word(tile, row) * tile_width; }
  size_t word(size_t tile, size_t row) const { return tile * pitch + row; }
};

struct Columns {
  size_t n = 0;
  std::vector<uint32_t> uid_row;    // matrix row -> index of the node
  std::vector<uint64_t> row_total;  // of the raw weights that count
  Lists weights, bonds;             // of columns that are in no tile
  std::vector<uint16_t> out;        // of list entries, weights and bonds merged: at weights.at +
  std::vector<uint32_t> out_row;    // bonds.at of the column; none: no_column
  Tiles tiles;
};

Columns columns_of(const sbn_emission_in& in, const Rules& rules, const Standing& standing,
                   const Crew& crew = {});

}  // namespace consensus
