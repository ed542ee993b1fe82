// SPDX-License-Identifier: 0BSD
#include "commune/ss58.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>

namespace subnetd::commune {

namespace {

constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t checksum_bytes = 2;
constexpr std::size_t address_chars_max = 50;  // 36 bytes in base58

constexpr std::array<std::int8_t, 256> digit_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

std::vector<std::uint8_t> prefix_bytes(std::uint16_t prefix) {
  if (prefix == 46 || prefix == 47 || prefix > 16383) return {};
  if (prefix < 64) return {static_cast<std::uint8_t>(prefix)};
  return {static_cast<std::uint8_t>(0x40 | ((prefix & 0xfc) >> 2)),
          static_cast<std::uint8_t>(prefix >> 8 | (prefix & 3) << 6)};
}

std::array<std::uint8_t, checksum_bytes> checksum(Bytes prefix_and_key) {
  std::array<std::uint8_t, 64> hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  crypto_generichash_update(&state, reinterpret_cast<const std::uint8_t*>("SS58PRE"), 7);
  crypto_generichash_update(&state, prefix_and_key.data(), prefix_and_key.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return {hash[0], hash[1]};
}

// Five digits a division of the whole.
std::string base58_encode(Bytes bytes) {
  constexpr std::uint32_t five_digits = 58u * 58 * 58 * 58 * 58;
  const std::size_t unused = (4 - bytes.size() % 4) % 4;
  std::vector<std::uint32_t> words((bytes.size() + unused) / 4);  // the most significant first
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::uint32_t& word = words[(unused + i) / 4];
    word = word << 8 | bytes[i];
  }
  std::string out;  // backwards
  out.reserve(address_chars_max);
  for (std::size_t first = 0; first < words.size(); first += words[first] == 0) {
    std::uint64_t rest = 0;
    for (std::size_t i = first; i < words.size(); ++i) {
      rest = rest << 32 | words[i];
      words[i] = static_cast<std::uint32_t>(rest / five_digits);
      rest %= five_digits;
    }
    for (int i = 0; i < 5; ++i, rest /= 58) out.push_back(alphabet[rest % 58]);
  }
  while (out.ends_with(alphabet[0])) out.pop_back();
  for (std::size_t i = 0; i < bytes.size() && bytes[i] == 0; ++i) out.push_back(alphabet[0]);
  std::ranges::reverse(out);
  return out;
}

// Empty where a character is not of the alphabet.
std::optional<std::vector<std::uint8_t>> base58_decode(std::string_view text) {
  std::vector<std::uint8_t> bytes;  // least significant first
  for (const char c : text) {
    const int value = digit_values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    unsigned carry = static_cast<unsigned>(value);
    for (std::uint8_t& byte : bytes) {
      carry += byte * 58u;
      byte = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    if (carry > 0) bytes.push_back(static_cast<std::uint8_t>(carry));
  }
  for (std::size_t i = 0; i < text.size() && text[i] == alphabet[0]; ++i) bytes.push_back(0);
  return std::vector<std::uint8_t>(bytes.rbegin(), bytes.rend());
}

std::unexpected<Error> not_an_address(std::string_view why) {
  return fail(Errc::malformed, "not an SS58 address: " + std::string(why));
}

}  // namespace

std::string ss58_encode(const PublicKey& key, std::uint16_t prefix) {
  std::vector<std::uint8_t> bytes = prefix_bytes(prefix);
  if (bytes.empty()) return {};
  bytes.insert(bytes.end(), key.begin(), key.end());
  const auto sum = checksum(bytes);
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  return base58_encode(bytes);
}

Result<PublicKey> ss58_decode(std::string_view address, std::uint16_t prefix) {
  const std::vector<std::uint8_t> expected = prefix_bytes(prefix);
  if (expected.empty()) return not_an_address("no such prefix");
  if (address.empty()) return not_an_address("it is empty");
  if (address.size() > address_chars_max) return not_an_address("it is too long");
  const auto bytes = base58_decode(address);
  if (!bytes) return not_an_address("a character is not of the base58 alphabet");
  PublicKey key;
  if (bytes->size() != expected.size() + key.size() + checksum_bytes) {
    return not_an_address("it holds " + std::to_string(bytes->size()) + " bytes, an account has " +
                          std::to_string(expected.size() + key.size() + checksum_bytes));
  }
  if (!std::equal(expected.begin(), expected.end(), bytes->begin())) {
    return not_an_address("its network prefix is not " + std::to_string(prefix));
  }
  const std::size_t body = expected.size() + key.size();
  const auto sum = checksum(Bytes(*bytes).first(body));
  if (!std::equal(sum.begin(), sum.end(), bytes->begin() + static_cast<std::ptrdiff_t>(body))) {
    return not_an_address("its checksum is wrong: a character may be mistyped");
  }
  std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(expected.size()), key.size(),
              key.begin());
  return key;
}

}  // namespace subnetd::commune
