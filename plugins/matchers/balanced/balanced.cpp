// SPDX-License-Identifier: 0BSD
// The matcher `balanced`: the solver of Subnet::matching with no prices of its own.
#include <subnet/matching/strategy.hpp>
#include <subnet/plugin.hpp>

namespace {

struct Weights : subnet::matching::pricing {
  explicit Weights(const subnet::settings& given) {
    using subnet::matching::of_ppm;
    by.unreliability = of_ppm(static_cast<uint64_t>(given.i64("unreliability_ppm", 500'000)));
    by.move = of_ppm(static_cast<uint64_t>(given.i64("move_ppm", 10'000)));
  }
};

class Balanced : Weights, public subnet::matching::strategy {
 public:
  static constexpr std::string_view id = "balanced";
  static constexpr std::string_view summary =
      "Even use of capacity, reliable validators first; exact, and moves have a price";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{
      "unreliability_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":500000},
      "move_ppm":{"type":"integer","minimum":0,"maximum":10000000,"default":10000}}})";
  static constexpr uint32_t flags = SBN_F_DETERMINISTIC;

  explicit Balanced(const subnet::context& host)
      : Weights(host.config), strategy(static_cast<const Weights&>(*this)) {}
};

}  // namespace

SUBNET_PLUGIN("subnetd.balanced", "1.0.0", Balanced);
