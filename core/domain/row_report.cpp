// SPDX-License-Identifier: 0BSD
// Who rates against the others, and who rates friends.
#include <algorithm>

#include "domain/emission.hpp"
#include "domain/ppm.hpp"

namespace subnetd {
namespace {

using Wide = unsigned __int128;

std::uint64_t consensus_of(const EmissionInput& in, std::span<const std::uint16_t> consensus,
                           std::size_t row) {
  return consensus.empty() ? ppm_mean(in.score_sum_ppm[row], in.score_count[row]) : consensus[row];
}

// Half the distance between the row and the consensus, both as shares of what they give to the
// nodes that the row rates.
std::uint32_t deviation(const EmissionInput& in, std::span<const std::uint16_t> consensus,
                        std::uint64_t first, std::uint64_t end) {
  std::uint64_t own = 0, all = 0;
  for (std::uint64_t i = first; i < end; ++i) {
    own += in.weights.val[i];
    all += consensus_of(in, consensus, in.weights.col[i]);
  }
  if (own == 0 || all == 0) return own == all ? 0 : ppm_one;
  Wide distance = 0;
  for (std::uint64_t i = first; i < end; ++i) {
    const Wide mine = Wide{in.weights.val[i]} * all;
    const Wide theirs = Wide{consensus_of(in, consensus, in.weights.col[i])} * own;
    distance += mine > theirs ? mine - theirs : theirs - mine;
  }
  return static_cast<std::uint32_t>(distance * ppm_one / (Wide{2} * own * all));
}

// (key that rates, key that is rated), sorted.
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Pairs key_pairs(const EmissionInput& in) {
  Pairs pairs;
  for (std::size_t r = 0; r < in.uid.size(); ++r) {
    if (in.owner[r] == 0) continue;
    for (std::uint64_t i = in.weights.row_at[r]; i < in.weights.row_at[r + 1]; ++i) {
      const std::uint32_t rated = in.owner[in.weights.col[i]];
      if (in.weights.val[i] != 0 && rated != 0) pairs.push_back({in.owner[r], rated});
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::uint32_t share_ppm(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<std::uint32_t>(Wide{part} * ppm_one / whole);
}

}  // namespace

bool is_square(const Csr16& csr, std::size_t n) {
  if (csr.row_at.size() != n + 1 || csr.row_at.front() != 0 ||
      csr.row_at.back() != csr.col.size() || csr.col.size() != csr.val.size() ||
      !std::is_sorted(csr.row_at.begin(), csr.row_at.end())) {
    return false;
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (std::uint64_t i = csr.row_at[r]; i < csr.row_at[r + 1]; ++i) {
      if (csr.col[i] >= n || (i > csr.row_at[r] && csr.col[i] <= csr.col[i - 1])) return false;
    }
  }
  return true;
}

std::vector<RowReport> row_reports(const EmissionInput& in,
                                   std::span<const std::uint16_t> consensus) {
  const bool named = std::any_of(consensus.begin(), consensus.end(),
                                 [](std::uint16_t value) { return value != 0; });
  if (!named) consensus = {};
  const Pairs pairs = key_pairs(in);
  std::vector<RowReport> reports;
  for (std::uint32_t r = 0; r < in.uid.size(); ++r) {
    const std::uint64_t first = in.weights.row_at[r], end = in.weights.row_at[r + 1];
    if (first == end) continue;
    std::uint64_t all = 0, own = 0, mutual = 0;
    for (std::uint64_t i = first; i < end; ++i) {
      const std::uint32_t key = in.owner[r], rated = in.owner[in.weights.col[i]];
      const bool same = (key != 0 && key == rated) || in.weights.col[i] == r;
      all += in.weights.val[i];
      if (same) own += in.weights.val[i];
      if (same || key == 0 || rated == 0) continue;
      if (std::binary_search(pairs.begin(), pairs.end(), std::pair(rated, key))) {
        mutual += in.weights.val[i];
      }
    }
    reports.push_back({r, deviation(in, consensus, first, end), share_ppm(own, all),
                       share_ppm(mutual, all)});
  }
  return reports;
}

}  // namespace subnetd
