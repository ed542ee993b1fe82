// SPDX-License-Identifier: 0BSD
// An epoch and its rules from any bytes. Tiles on every path of this machine must leave what lists
// leave, and what is paid and left must be the budget.
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include "emission/nodes.hpp"
#include "emission/traces.hpp"
#include "payout.hpp"

namespace {

using namespace subnetd;
using consensus::Chain;
using consensus::Path;

void require(bool holds) {
  if (!holds) std::abort();
}

// Zeroes where there is no more.
class Bytes {
 public:
  Bytes(const std::uint8_t* bytes, std::size_t size) : at_(bytes), end_(bytes + size) {}
  std::uint8_t one() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
  std::uint64_t some(int count) {
    std::uint64_t x = 0;
    for (int k = 0; k < count; ++k) x = x << 8 | one();
    return x;
  }
  // The values that are special, as often as the others.
  template <std::size_t N>
  std::uint64_t one_of(const std::uint64_t (&special)[N], int otherwise) {
    const std::size_t k = one() % (2 * N);
    return k < N ? special[k] : some(otherwise);
  }

 private:
  const std::uint8_t *at_, *end_;
};

consensus::Rules rules_of(Bytes& bytes) {
  consensus::Rules r;
  constexpr Chain chains[] = {Chain::commune_linear, Chain::commune_yuma, Chain::bittensor};
  const std::uint8_t flags = bytes.one();
  r.chain = chains[flags % 3];
  r.yuma3 = (flags & 4) != 0;
  r.liquid_alpha = (flags & 8) != 0;
  r.kappa = static_cast<std::uint16_t>(bytes.one_of({32'767, 0, 65'535}, 2));
  r.bonds_penalty = static_cast<std::uint16_t>(bytes.one_of({65'535, 0}, 2));
  r.bonds_ma = static_cast<std::uint32_t>(bytes.one_of({900'000, 0, 1'000'000}, 2));
  r.alpha_low = static_cast<std::uint16_t>(bytes.one_of({45'875, 0}, 2));
  r.alpha_high = static_cast<std::uint16_t>(bytes.one_of({58'982, 65'535}, 2));
  r.alpha_steepness = static_cast<std::int16_t>(bytes.one_of({1000, 0, 1600}, 2));
  r.validators_max = static_cast<std::int8_t>(bytes.one());
  if (r.validators_max < 0) r.validators_max = -1;
  r.validators_min = bytes.one() % 4;
  r.owner_uid = static_cast<std::int64_t>(bytes.one()) - 1;
  r.activity_cutoff = 500;
  return r;
}

// A byte an entry: absent, or a value.
void read_rows(Bytes& bytes, std::size_t n, std::size_t voters, Csr16& out) {
  out.row_at.push_back(0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t filled = i < voters ? bytes.one() : std::uint8_t{0};
    for (std::size_t j = 0; j < n && filled != 0; ++j) {
      const std::uint8_t cell = bytes.one();
      if (cell > filled) continue;
      out.col.push_back(static_cast<std::uint32_t>(j));
      out.val.push_back(static_cast<std::uint16_t>(cell % 4 == 3 ? cell * 257 : cell / 4));
    }
    out.row_at.push_back(out.col.size());
  }
}

EmissionInput epoch_of(Bytes& bytes) {
  EmissionInput in;
  const std::size_t n = 1 + bytes.one() % 48, voters = bytes.one() % (n + 1);
  in.block = 1000;
  in.budget_nano = bytes.one_of({1'000'000'000'000, 0, UINT64_MAX}, 8);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t flags = bytes.one();
    test::Node node{i < voters};
    node.permit = (flags & 1) == 0;
    node.last_update = (flags & 2) == 0 ? 990 : bytes.some(2);
    node.registered_block = (flags & 4) == 0 ? 1 : bytes.some(2);
    if ((flags & 8) == 0) node.stake_nano = (flags & 16) == 0 ? 1000 : bytes.some(7);
    test::add_node(in, node);
  }
  read_rows(bytes, n, voters, in.weights);
  read_rows(bytes, n, voters, in.bonds);
  return in;
}

void check_sum(const EmissionInput& epoch, const consensus::Rules& rules) {
  const sbn_emission_in in = plugin::raw_columns(epoch, {});
  const auto standing = consensus::standing_of(in, rules);
  auto columns = consensus::columns_of(in, rules, standing);
  auto outcome = consensus::run_epoch(rules, standing, columns, consensus::kernel_of(rules),
                                      consensus::Crew());
  consensus::settle_dividends(in, rules, standing, outcome.dividends);
  const consensus::Payout p = consensus::pay(in, rules, standing, outcome);
  const auto sum = std::accumulate(p.amount.begin(), p.amount.end(),
                                   static_cast<unsigned __int128>(p.founder));
  require(sum + p.dust + p.unallocated == epoch.budget_nano);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  consensus::Rules rules = rules_of(bytes);
  const EmissionInput epoch = epoch_of(bytes);
  require(plugin::check_input(epoch).has_value());
  check_sum(epoch, rules);
  rules.tiles = false;
  const auto wanted = test::traces(epoch, rules);
  rules.tiles = true;
  for (const Path path : {Path::plain, Path::avx2, Path::avx512}) {
    rules.path = path;
    try {
      consensus::kernel_of(rules);
    } catch (const subnet::failure&) {
      continue;  // this processor lacks it
    }
    require(test::traces(epoch, rules) == wanted);
  }
  return 0;
}
