// SPDX-License-Identifier: 0BSD
// Prices what a miner costs at a validator; the solver of the SDK does the rest: exact quotas, the
// fewest unmatched, the move budget, copies, drains.
#include <subnet/matching/strategy.hpp>
#include <subnet/plugin.hpp>

namespace matching = subnet::matching;

struct Prices : matching::pricing {
  explicit Prices(int64_t number) : heavy(static_cast<uint32_t>(number)) {}
  bool prices() const override { return true; }
  // Miners of the heavy type keep to reliable validators.
  matching::cost price(const subnet::match_view& view, uint32_t type, uint32_t /*region*/,
                       uint32_t validator) const override {
    if (type != heavy) return 0;
    return matching::of_ppm(subnet::ppm_one) - matching::of_ppm(view.reliability_ppm()[validator]);
  }
  uint32_t heavy;
};

class MyPlugin : Prices, public matching::strategy {
 public:
  static constexpr std::string_view id = "my_plugin";
  static constexpr std::string_view summary = "One type keeps to reliable validators";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"type":{"type":"integer","minimum":1,"maximum":4294967294,"default":1}}})";

  explicit MyPlugin(const subnet::context& cx)
      : Prices(cx.config.i64("type", 1)), strategy(static_cast<const Prices&>(*this)) {}
};

SUBNET_PLUGIN("example.my_plugin", "1.0.0", MyPlugin);
