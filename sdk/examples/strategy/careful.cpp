// SPDX-License-Identifier: 0BSD
// A matcher that only prices classes: expensive types keep to reliable validators. The solver of
// Subnet::matching does the rest.
#include <subnet/matching/strategy.hpp>
#include <subnet/plugin.hpp>

namespace matching = subnet::matching;

struct Prices : matching::pricing {
  explicit Prices(int64_t number) : heavy(static_cast<uint32_t>(number)) {}
  bool prices() const override { return true; }
  matching::cost price(const subnet::match_view& view, uint32_t type, uint32_t /*region*/,
                       uint32_t validator) const override {
    if (type != heavy) return 0;
    return matching::of_ppm(subnet::ppm_one) -
           matching::of_ppm(view.reliability_ppm()[validator]);
  }
  uint32_t heavy;
};

class Careful : Prices, public matching::strategy {
 public:
  static constexpr std::string_view id = "careful";
  static constexpr std::string_view summary = "One type keeps to reliable validators";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"type":{"type":"integer","minimum":1,"maximum":4294967294,"default":1}}})";

  explicit Careful(const subnet::context& host)
      : Prices(host.config.i64("type", 1)), strategy(static_cast<const Prices&>(*this)) {}
};

SUBNET_PLUGIN("example.careful", "1.0.0", Careful);
