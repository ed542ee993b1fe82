// SPDX-License-Identifier: 0BSD
// What a detector said about a namespace.
#pragma once

#include <string>

#include "domain/ppm.hpp"

namespace subnetd {

inline constexpr const char* unknown_model_type = "unknown";
inline constexpr const char* mapping_detector = "mapping";  // an operator's word, no component

// What the host passes to detectors for one node.
struct DetectionSubject {
  std::string name_space;
  std::string task;      // hint; may be empty
  std::string protocol;  // "module", "openai", "classic"
};

struct Detection {
  std::string model_type = unknown_model_type;  // a declared type id
  Ppm confidence_ppm = 0;
  std::string runner_up;  // may be empty
  bool ambiguous = false;
  std::string detector;  // full id of the component that won, or mapping_detector
};

}  // namespace subnetd
