// SPDX-License-Identifier: 0BSD
// Whatever a worker left in the shared memory: what is unpacked lies within it, or nothing is. The
// first bytes say in which order it is unpacked.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "plugin/worker/wire.hpp"

using subnetd::plugin::worker::Unpacker;

namespace {

constexpr std::size_t steps = 8;

void must(bool so) {
  if (!so) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < steps) return 0;
  // Aligned as a mapping is, and of just this size, so that a sanitizer sees any byte past it.
  std::vector<char> memory(bytes + steps, bytes + size);
  const char* begin = memory.data();
  const char* end = begin + memory.size();
  Unpacker in(begin, memory.size());
  std::vector<sbn_str> texts;
  std::vector<std::uint32_t> numbers(256);
  for (std::size_t i = 0; i < steps && in.good(); ++i) {
    const std::uint64_t n = bytes[i] >> 3;
    switch (bytes[i] & 7) {
      case 0: (void)in.take<std::uint64_t>(); break;
      case 1: in.narrow(numbers.data(), n); break;
      case 2: {
        const auto* column = in.optional<std::uint32_t>(in.take<std::uint64_t>());
        must(column == nullptr || (reinterpret_cast<const char*>(column) >= begin &&
                                   reinterpret_cast<const char*>(column) <= end));
        break;
      }
      case 3: in.copy(numbers.data(), n); break;
      default:
        in.texts(texts, (bytes[i] & 4) != 0 ? n : in.take<std::uint64_t>());
        for (const sbn_str text : texts) {
          must(text.len == 0 || (in.good() && text.data >= begin &&
                                 text.len <= static_cast<std::uint64_t>(end - text.data)));
        }
    }
  }
  return 0;
}
