// SPDX-License-Identifier: 0BSD
#pragma once

#include <algorithm>

#include <subnet/emission.hpp>

namespace consensus {

// Runs body(k) for k in [0, n), perhaps at once. Every result is the same however many run.
class Crew {
 public:
  Crew() = default;  // one at a time
  Crew(const subnet::executor* threads, uint32_t most) : threads_(threads), most_(most) {}
  template <class Body>
  void run(size_t n, Body&& body) const {
    const size_t width = threads_ == nullptr || most_ == 1 ? 1 : most_ == 0 ? n : most_;
    if (width == 1 || n < 2) {
      for (size_t k = 0; k < n; ++k) body(k);
      return;
    }
    const size_t crews = std::min(width, n);
    threads_->parallel_for(crews, [&](uint64_t first) {
      for (size_t k = first; k < n; k += crews) body(k);
    });
  }

 private:
  const subnet::executor* threads_ = nullptr;
  uint32_t most_ = 1;
};

}  // namespace consensus
