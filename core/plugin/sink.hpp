// SPDX-License-Identifier: 0BSD
// Where a plugin writes text for people; capped.
#pragma once

#include <string>

#include "domain/limits.hpp"
#include "subnet/abi.h"

namespace subnetd::plugin {

class TextSink {
 public:
  sbn_sink sink() {
    return {this, [](void* ctx, sbn_str text) {
              auto& self = *static_cast<TextSink*>(ctx);
              const std::size_t room = limits::plugin_text_bytes_max - self.text_.size();
              if (text.data == nullptr) return;
              self.text_.append(text.data, text.len < room ? text.len : room);
            }};
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace subnetd::plugin
