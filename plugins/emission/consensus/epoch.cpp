// SPDX-License-Identifier: 0BSD
#include "epoch.hpp"

#include <bit>
#include <cmath>

#include "averaging.hpp"
#include "list_column.hpp"

namespace consensus {
namespace {

bool has(Path path) {
  __builtin_cpu_init();
  if (path == Path::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (path != Path::avx512) return true;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw");
}

// Columns are shared out in chunks. How many depends on the input alone, so that sums of doubles
// have one order whatever the threads.
struct Chunks {
  size_t count, tiles, columns;
  Chunks(const Columns& c) : tiles(c.tiles.count), columns(c.n) {
    constexpr size_t most = 8, small = 1 << 16, sums = 1 << 22;
    const size_t cells = c.tiles.rows * c.tiles.count * lanes + c.out.size();
    const size_t fit = sums / std::max<size_t>(1, c.uid_row.size());
    count = std::clamp<size_t>(std::min(cells / small, fit), 1, most);
  }
  size_t tile(size_t k) const { return tiles * k / count; }
  size_t column(size_t k) const { return columns * k / count; }
};

constexpr double unit = two32;
double fraction(bits x) {
  return static_cast<double>(x) / unit;
}

// The next double; of the largest there is here, itself.
double above(double x) {
  return x < unit ? std::bit_cast<double>(std::bit_cast<uint64_t>(x) + 1) : x;
}

// How many of floor(floor(t * x) / i) are not 0, from t = x and i = 2 to 31 on.
int terms_of(bits x) {
  int terms = 0;
  for (bits t = x; terms < 30; ++terms) {
    t = mul(t, x) / (terms + 2);
    if (t == 0) break;
  }
  return terms;
}

class Epoch {
 public:
  Epoch(const Rules& rules, const Standing& standing, Columns& columns, const Kernel& kernel,
        const Crew& crew)
      : rules_(rules),
        standing_(standing),
        c_(columns),
        kernel_(kernel),
        crew_(crew),
        chunks_(columns),
        stride_(columns.tiles.count == 0 ? 1 : sum_lanes) {
    for (std::vector<bits>* column : {&o_.consensus, &o_.prerank, &o_.rank, &o_.dividends,
                                      &o_.validator_trust}) {
      column->assign(c_.n, 0);
    }
    delta_.assign(c_.tiles.count * lanes, 0);
    desks_.reserve(chunks_.count);
    for (size_t k = 0; k < chunks_.count; ++k)
      desks_.emplace_back(chunks_.tile(k) == chunks_.tile(k + 1) ? 0 : c_.tiles.rows);
    describe_rows();
  }

  Outcome run() {
    add_up([this](size_t k, double* sums) { weigh(k, sums); }, 0, o_.validator_trust);
    o_.incentive = o_.rank;
    normalize(o_.incentive);
    alphas_ = column_alphas(rules_, o_.consensus);
    const bool any = std::any_of(o_.consensus.begin(), o_.consensus.end(),
                                 [](bits c) { return c != 0; });
    tile_rules_.liquid = rules_.per_validator() && rules_.liquid_alpha && any;
    add_up([this](size_t k, double* sums) { bond(k, sums); }, two52, o_.dividends);
    return std::move(o_);
  }

 private:
  void describe_rows() {
    const size_t rows = c_.uid_row.size();
    rows_.reserve(rows);
    for (size_t r = 0; r < rows; ++r) {
      const uint32_t i = c_.uid_row[r];
      rows_.push_back({standing_.active_stake[i], standing_.voice[i], c_.row_total[r]});
    }
    const bits low = div(of_u16(rules_.alpha_low), u16_one);
    const bits high = div(of_u16(rules_.alpha_high), u16_one);
    const bits slope = slope_of(rules_.alpha_steepness * one);
    how_.alpha_low = low;
    how_.alpha_high = high;
    how_.slope = slope;
    if (c_.tiles.count == 0) return;
    for (auto* column : {&scale_, &total_, &active_, &voice_}) column->reserve(rows);
    voice32_.reserve(rows);
    for (const RowShare& row : rows_) {
      const auto total = static_cast<double>(row.total);
      scale_.push_back(row.total == 0 ? 0 : above(unit / total));
      total_.push_back(total / unit);
      active_.push_back(fraction(row.active));
      voice_.push_back(fraction(row.voice));
      voice32_.push_back(static_cast<uint32_t>(row.voice));
    }
    TileRules& t = tile_rules_;
    t.linear = rules_.linear();
    t.per_validator = rules_.per_validator();
    const uint16_t penalty = rules_.commune() ? 65535 : rules_.bonds_penalty;
    t.penalty = fraction(div(of_u16(penalty), u16_one));
    t.minority = static_cast<double>(standing_.minority);
    t.alpha_low = fraction(low);
    t.alpha_high = fraction(high);
    t.slope = slope;
    if (rules_.liquid_alpha) {
      t.terms = terms_of(std::abs(slope) / 2 + 1);
      t.alpha_even = fraction(consensus::alpha_of(0, low, high, slope));
    }
    t.rows = rows;
    t.scale = scale_.data();
    t.total = total_.data();
    t.active = active_.data();
    t.voice = voice_.data();
    t.voice32 = voice32_.data();
  }

  // Runs a pass over all chunks and adds its sums of rows to the nodes' column.
  template <class Pass>
  void add_up(Pass&& pass, double origin, std::vector<bits>& out) {
    const size_t size = c_.uid_row.size() * stride_;
    std::vector<Cells<double>> sums;
    sums.reserve(chunks_.count);
    for (size_t k = 0; k < chunks_.count; ++k) sums.emplace_back(size, origin);
    crew_.run(chunks_.count, [&](size_t k) { pass(k, sums[k].at(0)); });
    for (size_t r = 0; r < c_.uid_row.size(); ++r) {
      double total = 0;
      for (const Cells<double>& chunk : sums) {
        for (size_t l = 0; l < stride_; ++l) total += *chunk.at(r * stride_ + l) - origin;
      }
      out[c_.uid_row[r]] = static_cast<bits>(total + 0.5);
    }
  }

  // A tile with memory for temporaries, in one piece: lines of 64 bytes a row, then the voices.
  struct Desk {
    Cells<double> memory;
    TileJob job;
    explicit Desk(size_t rows) : memory(rows * 3 * sum_lanes + (rows + 1) / 2) {
      const auto integers = [&](size_t at) { return reinterpret_cast<uint32_t*>(memory.at(at)); };
      job.cells = memory.at(0);
      job.scores = integers(rows * sum_lanes);
      job.near = integers(rows * 2 * sum_lanes);
      job.near_voices = integers(rows * 3 * sum_lanes);
    }
  };
  void open(TileJob& job, size_t tile) {
    Tiles& t = c_.tiles;
    job.weight = t.weight.at(t.line(tile, 0));
    job.bond = t.bond.at(t.line(tile, 0));
    job.has_weight = t.has_weight.at(t.word(tile, 0));
    job.has_out = t.has_out.at(t.word(tile, 0));
  }

  void weigh(size_t chunk, double* sums) {
    TileJob& job = desks_[chunk].job;
    job.trust = sums;
    for (size_t t = chunks_.tile(chunk); t < chunks_.tile(chunk + 1); ++t) {
      open(job, t);
      kernel_.weigh(tile_rules_, job);
      for (size_t l = 0; l < lanes; ++l) {
        const uint32_t j = c_.tiles.column[t * lanes + l];
        delta_[t * lanes + l] = job.delta[l];
        if (j == no_column) continue;
        o_.consensus[j] = rounded(job.consensus[l]);
        o_.prerank[j] = rounded(job.prerank[l]);
        o_.rank[j] = rounded(job.rank[l]);
      }
    }
    if (c_.out.empty()) return;  // all columns are in tiles
    ListColumn list(rules_, standing_, rows_);
    for (size_t j = chunks_.column(chunk); j < chunks_.column(chunk + 1); ++j) {
      if (!gather(list.entries(), j)) continue;
      const ColumnSums found = list.weigh(sums, stride_);
      o_.consensus[j] = found.consensus;
      o_.prerank[j] = found.prerank;
      o_.rank[j] = found.rank;
    }
  }
  static bits rounded(double x) { return static_cast<bits>(x + 0.5); }

  void bond(size_t chunk, double* sums) {
    TileJob& job = desks_[chunk].job;
    job.dividends = sums;
    for (size_t t = chunks_.tile(chunk); t < chunks_.tile(chunk + 1); ++t) bond_tile(t, job);
    if (c_.out.empty()) return;
    ListColumn list(rules_, standing_, rows_);
    for (size_t j = chunks_.column(chunk); j < chunks_.column(chunk + 1); ++j) {
      if (!gather(list.entries(), j)) continue;
      list.bond(averaging(j), sums, stride_);
      const uint64_t at = c_.weights.at[j] + c_.bonds.at[j];
      for (size_t k = 0; k < list.entries().size(); ++k) {
        c_.out[at + k] = list.stored(k);
        c_.out_row[at + k] = list.there(k) ? list.entries()[k].row : no_column;
      }
      const uint64_t end = c_.weights.at[j + 1] + c_.bonds.at[j + 1];
      std::fill(c_.out_row.begin() + static_cast<int64_t>(at + list.entries().size()),
                c_.out_row.begin() + static_cast<int64_t>(end), no_column);
    }
  }

  void bond_tile(size_t t, TileJob& job) {
    open(job, t);
    for (size_t l = 0; l < lanes; ++l) {
      const uint32_t j = c_.tiles.column[t * lanes + l];
      const bits alpha = j == no_column ? 0 : alphas_[j];
      job.consensus[l] = j == no_column ? 0 : static_cast<double>(o_.consensus[j]);
      job.delta[l] = delta_[t * lanes + l];
      job.alpha[l] = fraction(alpha);
      job.keep[l] = fraction(one - alpha);
      job.incentive[l] = j == no_column ? 0 : fraction(o_.incentive[j]);
    }
    kernel_.bond(tile_rules_, job);
  }

  Averaging averaging(size_t j) const {
    Averaging how = how_;
    how.consensus = o_.consensus[j];
    how.incentive = o_.incentive[j];
    how.alpha = alphas_[j];
    how.keep = one - alphas_[j];
    how.liquid = tile_rules_.liquid;
    return how;
  }

  Entry entry(uint32_t row, bool weighed, uint16_t raw) const {
    const uint64_t total = rows_[row].total;
    const bits weight = total == 0 ? 0 : static_cast<bits>((uint64_t{raw} << 32) / total);
    return {row, weighed, 0, weight};
  }

  // Weights and bonds of a list column, merged by row; false: it has none.
  bool gather(std::vector<Entry>& entries, size_t j) const {
    uint64_t w = c_.weights.at[j], b = c_.bonds.at[j];
    const uint64_t w_end = c_.weights.at[j + 1], b_end = c_.bonds.at[j + 1];
    if (w == w_end && b == b_end) return false;
    entries.clear();
    while (w < w_end || b < b_end) {
      const uint32_t w_row = w < w_end ? c_.weights.row[w] : no_column;
      const uint32_t b_row = b < b_end ? c_.bonds.row[b] : no_column;
      const uint32_t row = std::min(w_row, b_row);
      entries.push_back(w_row == row ? entry(row, true, c_.weights.val[w++]) : Entry{row});
      if (b_row == row) entries.back().bond = c_.bonds.val[b++];
    }
    return true;
  }

  const Rules& rules_;
  const Standing& standing_;
  Columns& c_;
  const Kernel& kernel_;
  const Crew& crew_;
  const Chunks chunks_;
  const size_t stride_;  // partial sums of a row
  Outcome o_;
  TileRules tile_rules_;
  Averaging how_;
  std::vector<Desk> desks_;  // of each chunk
  std::vector<RowShare> rows_;
  std::vector<double> scale_, total_, active_, voice_, delta_;
  std::vector<uint32_t> voice32_;
  std::vector<bits> alphas_;
};

}  // namespace

double alpha_of(const TileRules& rules, double diff) {
  return fraction(alpha_of(static_cast<bits>(diff), static_cast<bits>(rules.alpha_low * unit),
                           static_cast<bits>(rules.alpha_high * unit), rules.slope));
}

const Kernel& kernel_of(const Rules& rules) {
  Path path = rules.path;
  if (path == Path::automatic) {
    path = has(Path::avx512) ? Path::avx512 : has(Path::avx2) ? Path::avx2 : Path::plain;
  } else if (!has(path)) {
    throw subnet::failure(SBN_E_UNSUPPORTED,
                          std::string("this processor lacks the instructions \"") +
                              (path == Path::avx2 ? "avx2" : "avx512") + "\"");
  }
  if (path == Path::avx512) return rules.fast ? avx512_fast : avx512_exact;
  if (path == Path::avx2) return rules.fast ? avx2_fast : avx2_exact;
  return rules.fast ? plain_fast : plain_exact;
}

Outcome run_epoch(const Rules& rules, const Standing& standing, Columns& columns,
                  const Kernel& kernel, const Crew& crew) {
  return Epoch(rules, standing, columns, kernel, crew).run();
}

}  // namespace consensus
