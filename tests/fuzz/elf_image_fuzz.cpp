// SPDX-License-Identifier: 0BSD
// Whatever bytes a plugin file has: what its ELF tells lies within it.
#include <elf.h>

#include <cstdint>
#include <cstdlib>
#include <span>

#include "plugin/conformance/elf_image.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const subnetd::plugin::conformance::ElfImage image(std::span(bytes, size));
  if (image.segments().size() > size) std::abort();  // segments may share bytes, never have none
  for (const auto& symbol : image.symbols()) {
    if ((symbol.exported && !symbol.defined) || symbol.name.size() > size) std::abort();
  }
  (void)image.tag(DT_TEXTREL);
  return 0;
}
