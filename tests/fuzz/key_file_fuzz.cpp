// SPDX-License-Identifier: 0BSD
// A key that read_key_file() takes is the same after it was written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "commune/key_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace subnetd::commune;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const SecretText password(std::string("correct horse"));
  const auto key = read_key_file(text, &password);
  if (!key) return 0;
  const auto again = read_key_file(write_key_file(*key, "x", nullptr, 0).view(), nullptr);
  if (!again || again->pair.public_key() != key->pair.public_key()) std::abort();
  return 0;
}
