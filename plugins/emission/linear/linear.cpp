// SPDX-License-Identifier: 0BSD
// Commune's linear consensus.
#include <subnet/plugin.hpp>

#include "policy.hpp"

namespace {

class Linear {
 public:
  static constexpr std::string_view id = "linear";
  static constexpr std::string_view summary =
      "Commune's linear policy: stake-weighted means, bonds without memory";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{)"
      CONSENSUS_SCHEMA_ALL
      CONSENSUS_SCHEMA_COMMUNE
      R"(}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit Linear(const subnet::context& cx) : policy_(consensus::Chain::commune_linear, cx) {}

  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    policy_.compute(*in.raw(), *out.raw());
  }
  std::string explain(const subnet::emission_in& in, uint64_t row) const {
    return policy_.explain(*in.raw(), row);
  }

 private:
  consensus::Policy policy_;
};

}  // namespace

SUBNET_PLUGIN("subnetd.linear", "1.0.0", Linear);
