// SPDX-License-Identifier: 0BSD
// LEMON's cost scaling behind plain types: its headers need C++17, the rest is newer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace subnetd::bench {

class LemonFlow {
 public:
  struct Arc {
    std::uint32_t from, to;
    std::int64_t cost, top;
  };
  // supply: of each node; all sum to zero.
  LemonFlow(const std::vector<std::int64_t>& supply, const std::vector<Arc>& arcs);
  ~LemonFlow();
  // The least cost.
  std::int64_t run();

 private:
  struct Network;
  std::unique_ptr<Network> network_;
};

}  // namespace subnetd::bench
