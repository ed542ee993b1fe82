// SPDX-License-Identifier: 0BSD
// The matcher `affinity`: as balanced, and a miner checked from another region has a price.
#include <subnet/matching/strategy.hpp>
#include <subnet/plugin.hpp>

namespace {

using subnet::matching::cost;
using subnet::matching::of_ppm;

struct Distance : subnet::matching::pricing {
  explicit Distance(const subnet::settings& given)
      : apart(of_ppm(static_cast<uint64_t>(given.i64("region_ppm", 250'000)))) {
    by.unreliability = of_ppm(static_cast<uint64_t>(given.i64("unreliability_ppm", 500'000)));
    by.move = of_ppm(static_cast<uint64_t>(given.i64("move_ppm", 10'000)));
  }
  bool prices() const override { return true; }
  // Who names no region is near to nobody and far from nobody.
  cost price(const subnet::match_view& view, uint32_t, uint32_t region, uint32_t v) const override {
    const uint32_t other = view.validator_region()[v];
    return region == 0 || other == 0 || region == other ? 0 : apart;
  }
  cost apart;
};

class Affinity : Distance, public subnet::matching::strategy {
 public:
  static constexpr std::string_view id = "affinity";
  static constexpr std::string_view summary = "Validators of the miner's region first, then even";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{
      "region_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":250000},
      "unreliability_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":500000},
      "move_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":10000}}})";
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC;

  explicit Affinity(const subnet::context& host)
      : Distance(host.config), strategy(static_cast<const Distance&>(*this)) {}
};

}  // namespace

SUBNET_PLUGIN("subnetd.affinity", "1.0.0", Affinity);
