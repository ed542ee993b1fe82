// SPDX-License-Identifier: 0BSD
// What somebody would earn who validates nothing and copies the consensus of the epoch before.
#pragma once

#include <cstdint>
#include <functional>

#include "domain/emission.hpp"
#include "domain/error.hpp"

namespace subnetd::cli {

struct Copier {
  std::uint64_t stake_nano = 0;
  std::uint32_t epochs = 10;  // the same rows again, so that bonds can grow; the last one counts
};

struct CopierEarnings {
  std::uint64_t copier_nano = 0;      // in the last epoch
  std::uint64_t validators_nano = 0;  // of all who weigh, in the same
  // The copier's per stake, in ppm of what validators earn per stake; 0 where they earn nothing.
  std::uint64_t per_stake_ppm = 0;
};

using Compute = std::function<Result<EmissionOutput>(const EmissionInput&)>;
Result<CopierEarnings> copier_earnings(const Compute& policy, EmissionInput epoch,
                                       const Copier& copier);

// The mean stake of those whose rows weigh somebody.
std::uint64_t mean_stake_nano(const EmissionInput& epoch);

}  // namespace subnetd::cli
