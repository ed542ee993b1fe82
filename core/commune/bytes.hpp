// SPDX-License-Identifier: 0BSD
// Bytes with a fixed length, secrets that wipe themselves, and strict hex. Pure: any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::commune {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;
using Bytes = std::span<const std::uint8_t>;

// The numbers of X-Crypto, of key files and of the chain's MultiSignature.
enum class Scheme : std::uint8_t { ed25519 = 0, sr25519 = 1 };
const char* scheme_name(Scheme scheme);
Result<Scheme> parse_scheme(std::string_view text);

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void wipe(void* bytes, std::size_t size);
void random_bytes(std::span<std::uint8_t> out);  // the system's generator

// N secret bytes: zeroed when they go, copied only by name, and nothing prints them.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::span<const std::uint8_t, N> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  ~Secret() { wipe(bytes_.data(), N); }
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_.data(), N); }
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret clone() const { return Secret(std::span<const std::uint8_t, N>(bytes_)); }
  std::uint8_t* data() { return bytes_.data(); }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::span<std::uint8_t, N> span() { return bytes_; }
  std::span<const std::uint8_t, N> span() const { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

using MiniSecret = Secret<32>;

// Text that is a secret (a mnemonic, a password): wiped when it goes, never copied by accident.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  ~SecretText() { wipe(text_.data(), text_.size()); }
  SecretText(SecretText&& other) noexcept { std::swap(text_, other.text_); }
  SecretText& operator=(SecretText&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;

  bool empty() const { return text_.empty(); }
  std::string_view view() const { return text_; }
  std::string& text() { return text_; }

 private:
  std::string text_;
};

// Lower case, no prefix.
std::string hex_encode(Bytes bytes);
// Digits in either case, an even number of them, nothing else. Errc::malformed.
Result<std::vector<std::uint8_t>> hex_decode(std::string_view text);
// Exactly out.size() bytes.
Result<void> hex_decode_into(std::string_view text, std::span<std::uint8_t> out);

template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_array(std::string_view text) {
  std::array<std::uint8_t, N> out;
  SUBNETD_CHECK(hex_decode_into(text, out));
  return out;
}

}  // namespace subnetd::commune
