// SPDX-License-Identifier: 0BSD
// How often detectors are right, on names whose types are known.
#pragma once

#include <string>

#include "cli/output.hpp"
#include "domain/error.hpp"
#include "plugin/detector.hpp"

namespace subnetd::cli {

// FILE holds `name  type` rows, tab between, more columns ignored, "#" lines skipped. Prints a row
// a figure: accuracy, wrong_type and unanswered over all, precision and recall by type, and how
// often each type was taken for each other one.
Result<void> evaluate_detectors(plugin::DetectorChain& chain, const std::string& file,
                                const DetectionSubject& like, Style style);

}  // namespace subnetd::cli
