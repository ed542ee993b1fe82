// SPDX-License-Identifier: 0BSD
// Texts as they cross the ABI, and back.
#pragma once

#include <string_view>

#include "subnet/abi.h"

namespace subnetd::plugin {

inline sbn_str str(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view_of(sbn_str text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.data, text.len);
}

}  // namespace subnetd::plugin
