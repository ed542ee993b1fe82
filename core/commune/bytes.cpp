// SPDX-License-Identifier: 0BSD
#include "commune/bytes.hpp"

#include <sodium.h>

namespace subnetd::commune {

namespace {

// Before main, so that every thread finds libsodium's choices made.
[[maybe_unused]] const int started = sodium_init();

constexpr std::array<std::int8_t, 256> digit_values = [] {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::int8_t i = 0; i < 10; ++i) values['0' + i] = i;
  for (std::int8_t i = 10; i < 16; ++i) values['a' + i - 10] = values['A' + i - 10] = i;
  return values;
}();

int digit_of(char c) {
  return digit_values[static_cast<unsigned char>(c)];
}

}  // namespace

const char* scheme_name(Scheme scheme) {
  return scheme == Scheme::ed25519 ? "ed25519" : "sr25519";
}

Result<Scheme> parse_scheme(std::string_view text) {
  if (text == "sr25519" || text == "1") return Scheme::sr25519;
  if (text == "ed25519" || text == "0") return Scheme::ed25519;
  return fail(Errc::malformed, "unknown signature scheme \"" + std::string(text) + "\"",
              "use sr25519 or ed25519");
}

void wipe(void* bytes, std::size_t size) { sodium_memzero(bytes, size); }

void random_bytes(std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }

std::string hex_encode(Bytes bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(2 * bytes.size(), '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

Result<void> hex_decode_into(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != 2 * out.size()) {
    return fail(Errc::malformed, "expected " + std::to_string(2 * out.size()) +
                                     " hex digits, got " + std::to_string(text.size()) + " bytes");
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return fail(Errc::malformed, "not a hex digit at byte " +
                                       std::to_string(2 * i + (high < 0 ? 0 : 1)));
    }
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return {};
}

Result<std::vector<std::uint8_t>> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Errc::malformed, "an odd number of hex digits");
  std::vector<std::uint8_t> out(text.size() / 2);
  SUBNETD_CHECK(hex_decode_into(text, out));
  return out;
}

}  // namespace subnetd::commune
