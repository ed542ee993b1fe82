// SPDX-License-Identifier: 0BSD
// The emission policy: checks the input, asks, and lets nothing out that does not add up. There is
// no fallback: on an error the epoch is held.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "domain/emission.hpp"
#include "plugin/instance.hpp"
#include "subnet/emission.h"

namespace subnetd::plugin {

class Emission {
 public:
  explicit Emission(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {}

  // with_raw: the I32F32 columns too.
  Result<EmissionOutput> compute(const EmissionInput& input, bool with_raw = false);
  Result<std::string> explain(const EmissionInput& input, std::uint64_t row);
  Instance& instance() { return *instance_; }

 private:
  std::unique_ptr<Instance> instance_;
};

// Lengths, order, ranges; Errc::malformed names the column.
Result<void> check_input(const EmissionInput& input);
// The input as the ABI has it: borrowed.
sbn_emission_in raw_columns(const EmissionInput& input, std::span<const sbn_param> params);

}  // namespace subnetd::plugin
