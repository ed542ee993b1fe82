// SPDX-License-Identifier: 0BSD
// Everything to the treasury, nothing rounded: Commune's subnets of type treasury.
#include <subnet/plugin.hpp>

namespace {

struct Treasury {
  static constexpr std::string_view id = "treasury";
  static constexpr std::string_view summary = "The whole budget to the treasury";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    out.founder_nano(in.budget_nano());
    sbn_emission_out* raw = out.raw();
    if (SBN_HAS(raw, treasury_nano)) raw->treasury_nano = in.budget_nano();
  }
  std::string explain(const subnet::emission_in&, uint64_t) const {
    return "the treasury gets everything, no node is paid";
  }
};

}  // namespace

SUBNET_PLUGIN("subnetd.treasury", "1.0.0", Treasury);
