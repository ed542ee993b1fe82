// SPDX-License-Identifier: 0BSD
#include "match_peers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace subnetd::bench {
namespace {

constexpr double shares[match_types] = {.20, .40, .08, .08, .12, .05, .07};

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = (a + 1) * 0x9e3779b97f4a7c15ull ^ (b + 7) * 0xd6e8feb86659fd93ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
double unit(std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(mixed(a, b) >> 11) * 0x1p-53;
}
std::uint32_t drawn_type(double u) {
  std::uint32_t t = 0;
  while (t + 1 < match_types && u >= shares[t]) u -= shares[t++];
  return t + 1;
}

std::vector<std::vector<std::uint32_t>> by_type(const MatchWorld& w) {
  std::vector<std::vector<std::uint32_t>> out(match_types + 1);
  for (std::uint32_t v = 0; v < w.capacity.size(); ++v)
    for (auto i = w.types_at[v]; i < w.types_at[v + 1]; ++i) out[w.types[i]].push_back(v);
  return out;
}
double share(const MatchWorld& w, std::uint32_t v, std::uint32_t load) {
  return (load + 0.5) / w.capacity[v] + 0.5 * (1 - w.reliability_ppm[v] / 1e6);
}

using Result = std::vector<std::uint32_t>;

Result rendezvous(const MatchWorld& w) {
  const auto of = by_type(w);
  Result out(w.type.size(), SBN_NONE);
  std::vector<std::uint32_t> load(w.capacity.size(), 0);
  for (std::uint32_t m = 0; m < out.size(); ++m) {
    double best = -1;
    for (const std::uint32_t v : of[w.type[m]]) {
      if (load[v] >= w.capacity[v]) continue;
      const double score = -1.0 * w.capacity[v] / std::log(unit(m, v) + 0x1p-54);
      if (score <= best) continue;
      best = score;
      out[m] = v;
    }
    if (out[m] != SBN_NONE) ++load[out[m]];
  }
  return out;
}

Result better_of_two(const MatchWorld& w) {
  const auto of = by_type(w);
  Result out(w.type.size(), SBN_NONE);
  std::vector<std::uint32_t> load(w.capacity.size(), 0);
  for (std::uint32_t m = 0; m < out.size(); ++m) {
    const auto& all = of[w.type[m]];
    for (std::uint32_t i = 0; i < 16 && !all.empty(); ++i) {
      const std::uint32_t v = all[mixed(m, i) % all.size()];
      if (load[v] >= w.capacity[v]) continue;
      if (out[m] == SBN_NONE || share(w, v, load[v]) < share(w, out[m], load[out[m]])) out[m] = v;
      if (i >= 1) break;
    }
    if (out[m] != SBN_NONE) ++load[out[m]];
  }
  return out;
}

// A ring a type, points by capacity, no more than 1.25 of the fair part.
Result bounded_ring(const MatchWorld& w) {
  struct Point {
    std::uint64_t at;
    std::uint32_t v;
  };
  const auto of = by_type(w);
  std::vector<std::uint64_t> miners(match_types + 1, 0), places(match_types + 1, 0);
  for (const std::uint32_t t : w.type) ++miners[t];
  std::vector<std::vector<Point>> rings(match_types + 1);
  std::vector<double> part(w.capacity.size(), 0);
  for (std::uint32_t t = 1; t <= match_types; ++t)
    for (const std::uint32_t v : of[t])
      places[t] += w.capacity[v] / (w.types_at[v + 1] - w.types_at[v]);
  for (std::uint32_t t = 1; t <= match_types; ++t) {
    for (const std::uint32_t v : of[t]) {
      const double mine = static_cast<double>(w.capacity[v]) /
                          static_cast<double>(w.types_at[v + 1] - w.types_at[v]);
      part[v] += mine * static_cast<double>(miners[t]) / static_cast<double>(places[t] + 1);
      for (std::uint32_t i = 0; i < 1 + w.capacity[v] / 4; ++i)
        rings[t].push_back({mixed(v * 4'096ull + i, t), v});
    }
    std::sort(rings[t].begin(), rings[t].end(), [](auto& a, auto& b) { return a.at < b.at; });
  }
  Result out(w.type.size(), SBN_NONE);
  std::vector<std::uint32_t> load(w.capacity.size(), 0);
  for (std::uint32_t m = 0; m < out.size(); ++m) {
    const auto& ring = rings[w.type[m]];
    const std::uint64_t at = mixed(m, 99);
    std::size_t i = static_cast<std::size_t>(
        std::lower_bound(ring.begin(), ring.end(), at, [](auto& p, auto x) { return p.at < x; }) -
        ring.begin());
    for (std::size_t step = 0; step < ring.size(); ++step, ++i) {
      const std::uint32_t v = ring[i % ring.size()].v;
      if (load[v] >= std::min<double>(w.capacity[v], std::ceil(1.25 * part[v]))) continue;
      out[m] = v;
      ++load[v];
      break;
    }
  }
  return out;
}

// Turns by capacity in a table a type; capacities are not looked at when a miner comes.
Result maglev(const MatchWorld& w) {
  constexpr std::size_t slots = 65'537;
  const auto of = by_type(w);
  std::vector<std::vector<std::uint32_t>> tables(match_types + 1);
  for (std::uint32_t t = 1; t <= match_types; ++t) {
    auto& table = tables[t];
    table.assign(slots, SBN_NONE);
    std::uint32_t most = 1;
    for (const std::uint32_t v : of[t]) most = std::max(most, w.capacity[v]);
    std::vector<std::uint64_t> next(of[t].size(), 0);
    std::vector<double> turn(of[t].size(), 0);
    for (std::size_t filled = 0; filled < slots && !of[t].empty();) {
      for (std::size_t i = 0; i < of[t].size() && filled < slots; ++i) {
        const std::uint32_t v = of[t][i];
        if ((turn[i] += static_cast<double>(w.capacity[v]) / most) < 1) continue;
        turn[i] -= 1;
        std::size_t at = 0;
        do at = (mixed(v, 1) + next[i]++ * (mixed(v, 2) % (slots - 1) + 1)) % slots;
        while (table[at] != SBN_NONE);
        table[at] = v;
        ++filled;
      }
    }
  }
  Result out(w.type.size(), SBN_NONE);
  for (std::uint32_t m = 0; m < out.size(); ++m) out[m] = tables[w.type[m]][mixed(m, 3) % slots];
  return out;
}

}  // namespace

MatchWorld::MatchWorld(std::uint32_t miners, std::uint32_t validators, std::uint32_t served)
    : zeros(std::max(miners, validators), 0) {
  for (std::uint32_t m = 0; m < miners; ++m) type.push_back(drawn_type(unit(m, 0)));
  std::vector<double> weight, sum(match_types + 1, 0);
  std::vector<std::uint64_t> miners_of(match_types + 1, 0);
  for (const std::uint32_t t : type) ++miners_of[t];
  double all = 0;
  for (std::uint32_t v = 0; v < validators; ++v) {
    const std::uint32_t first = v < match_types ? v + 1 : drawn_type(unit(v, 1));
    std::vector<std::uint32_t> mine{first};
    for (std::uint32_t i = 1; i < 1 + mixed(v, 2) % served; ++i)
      mine.push_back(1 + static_cast<std::uint32_t>(mixed(v, 10 + i) % match_types));
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    types.insert(types.end(), mine.begin(), mine.end());
    types_at.push_back(types.size());
    order.push_back(v);
    weight.push_back(0.5 + 3 * unit(v, 3) * unit(v, 4));
    sum[first] += weight[v];
    all += weight[v];
    const double unsure = std::min({unit(v, 5), unit(v, 6), unit(v, 7)});
    reliability_ppm.push_back(static_cast<std::uint32_t>(1e6 * (1 - 0.6 * unsure)));
  }
  for (std::uint32_t v = 0; v < validators; ++v) {
    const std::uint32_t first = types[types_at[v]];
    const double fair = served > 1 ? miners * weight[v] / all
                                   : static_cast<double>(miners_of[first]) * weight[v] / sum[first];
    capacity.push_back(1 + static_cast<std::uint32_t>(1.25 * fair));
  }
  forget();
}

void MatchWorld::forget() {
  current.assign(type.size(), SBN_NONE);
  miner_state.assign(type.size(), SBN_SLOT_OPEN);
  validator_state.assign(capacity.size(), SBN_SLOT_OPEN);
}

std::uint64_t MatchWorld::leave(const std::vector<std::uint32_t>& result, std::uint32_t nth) {
  current = result;
  for (std::size_t v = nth - 1; v < capacity.size(); v += nth) validator_state[v] = SBN_SLOT_CLOSED;
  std::uint64_t orphans = 0;
  for (std::uint32_t& v : current) {
    if (v == SBN_NONE || validator_state[v] == SBN_SLOT_OPEN) continue;
    v = SBN_NONE;
    ++orphans;
  }
  return orphans;
}

sbn_match_view MatchWorld::view() const {
  sbn_match_view v{};
  v.struct_size = sizeof(v);
  v.redundancy = 1;
  v.revision = 1;
  v.miner_count = type.size();
  v.miner_state = miner_state.data();
  v.miner_type = type.data();
  v.miner_owner = v.miner_region = zeros.data();
  v.current = current.data();
  v.validator_count = capacity.size();
  v.validator_state = validator_state.data();
  v.validator_capacity = capacity.data();
  v.validator_reliability_ppm = reliability_ppm.data();
  v.validator_owner = v.validator_region = zeros.data();
  v.validator_order = order.data();
  v.validator_types_at = types_at.data();
  v.validator_types = types.data();
  return v;
}

double MatchWorld::cost_of(const std::vector<std::uint32_t>& result) const {
  std::vector<double> load(capacity.size(), 0);
  for (const std::uint32_t v : result)
    if (v != SBN_NONE) ++load[v];
  double sum = 0;
  for (std::size_t v = 0; v < load.size(); ++v)
    sum += load[v] * load[v] / (2.0 * capacity[v]) +
           0.5 * (1 - reliability_ppm[v] / 1e6) * load[v];
  return sum;
}

double MatchWorld::bad_percent(const std::vector<std::uint32_t>& result) const {
  std::vector<std::uint32_t> load(capacity.size(), 0);
  std::uint64_t bad = 0;
  for (const std::uint32_t v : result) bad += v == SBN_NONE || ++load[v] > capacity[v];
  return 100 * static_cast<double>(bad) / static_cast<double>(result.size());
}

const std::vector<MatchPeer>& match_peers() {
  static const std::vector<MatchPeer> peers{{"rendezvous", rendezvous},
                                            {"p2c", better_of_two},
                                            {"chbl", bounded_ring},
                                            {"maglev", maglev}};
  return peers;
}

double python_seconds(std::uint32_t miners, std::uint32_t validators) {
  static constexpr const char* script = R"(python3 - <<'END'
import random, time
class Validator:
    def __init__(self, kind, capacity, reliability):
        self.kind, self.capacity, self.reliability, self.load = kind, capacity, reliability, 0
n, m = %u, %u
draw = random.Random(42)
parts = [.20, .40, .08, .08, .12, .05, .07]
kinds = draw.choices(range(7), parts, k=n)
served = [i if i < 7 else draw.choices(range(7), parts)[0] for i in range(m)]
validators = {i: Validator(s, int(1.25 * kinds.count(s) / served.count(s)) + 2, draw.random())
              for i, s in enumerate(served)}
matches = {}
began = time.process_time()
for miner, kind in enumerate(kinds):
    able = [v for v in validators.values() if v.kind == kind and v.load < v.capacity]
    if not able:
        continue
    able.sort(key=lambda v: (v.load, -v.reliability))
    able[0].load += 1
    matches[miner] = able[0]
print(time.process_time() - began)
END
)";
  char command[4096];
  std::snprintf(command, sizeof(command), script, miners, validators);
  std::FILE* pipe = popen(command, "r");
  if (pipe == nullptr) return 0;
  double s = 0;
  if (std::fscanf(pipe, "%lf", &s) != 1) s = 0;
  pclose(pipe);
  return s;
}

}  // namespace subnetd::bench
