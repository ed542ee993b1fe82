// SPDX-License-Identifier: 0BSD
#include "commune/mnemonic.hpp"

#include <sodium.h>

#include <algorithm>

#include "domain/text.hpp"

extern "C" {
extern const char subnetd_bip39_english[], subnetd_bip39_english_end[];
}

namespace subnetd::commune {

namespace {

constexpr std::size_t word_count = 2048;
constexpr unsigned bits_per_word = 11;

// In alphabetical order, as the standard has them.
const std::array<std::string_view, word_count>& words_list() {
  static const auto list = [] {
    std::array<std::string_view, word_count> words;
    std::string_view text(subnetd_bip39_english, subnetd_bip39_english_end);
    for (std::string_view& word : words) {
      const std::size_t end = text.find('\n');
      word = text.substr(0, end);
      text.remove_prefix(std::min(end, text.size() - 1) + 1);
    }
    return words;
  }();
  return list;
}

Result<unsigned> index_of(std::string_view word, std::size_t position) {
  const auto& list = words_list();
  const auto it = std::lower_bound(list.begin(), list.end(), word);
  if (it == list.end() || *it != word) {
    // The word itself stays out of the message: it is part of somebody's secret.
    return fail(Errc::malformed, "word " + std::to_string(position) +
                                     " of the mnemonic is not in the BIP-39 English list");
  }
  return static_cast<unsigned>(it - list.begin());
}

std::uint8_t checksum_of(Bytes entropy) {
  std::array<std::uint8_t, 32> hash;
  crypto_hash_sha256(hash.data(), entropy.data(), entropy.size());
  const auto bits = static_cast<unsigned>(entropy.size() / 4);  // 4..8
  return static_cast<std::uint8_t>(hash[0] >> (8 - bits));
}

// Stretches in place of `block`: U1 ^ U2 ^ … of PBKDF2-HMAC-SHA512, 2048 rounds, first block.
void pbkdf2_first_block(Bytes password, std::string_view salt, Secret<64>& block) {
  crypto_auth_hmacsha512_state keyed;
  crypto_auth_hmacsha512_init(&keyed, password.data(), password.size());
  constexpr std::array<std::uint8_t, 4> block_number{0, 0, 0, 1};
  Secret<64> round;
  crypto_auth_hmacsha512_state state = keyed;
  crypto_auth_hmacsha512_update(&state, bytes_of(salt).data(), salt.size());
  crypto_auth_hmacsha512_update(&state, block_number.data(), block_number.size());
  crypto_auth_hmacsha512_final(&state, round.data());
  block = round.clone();
  for (int i = 1; i < 2048; ++i) {
    state = keyed;
    crypto_auth_hmacsha512_update(&state, round.data(), 64);
    crypto_auth_hmacsha512_final(&state, round.data());
    for (std::size_t b = 0; b < 64; ++b) block.data()[b] ^= round.data()[b];
  }
  wipe(&keyed, sizeof keyed);
  wipe(&state, sizeof state);
}

}  // namespace

Result<Entropy> mnemonic_entropy(std::string_view words) {
  Entropy entropy;
  std::size_t count = 0;
  unsigned held = 0, held_bits = 0;  // read, not yet written
  for (std::string_view rest = words; !words.empty();) {
    const std::size_t end = rest.find(' ');
    SUBNETD_TRY(const unsigned index, index_of(rest.substr(0, end), ++count));
    if (count > 24) break;
    held = held << bits_per_word | index;
    for (held_bits += bits_per_word; held_bits >= 8 && entropy.size < 32; held_bits -= 8) {
      entropy.bytes.data()[entropy.size++] = static_cast<std::uint8_t>(held >> (held_bits - 8));
    }
    held &= (1u << held_bits) - 1;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (count < 12 || count > 24 || count % 3 != 0) {
    return fail(Errc::malformed, "a mnemonic has 12, 15, 18, 21 or 24 words, one space apart");
  }
  const Bytes bytes(entropy.bytes.data(), entropy.size);
  // The 24-word checksum is a whole byte; shorter ones are the bits that are left.
  if (checksum_of(bytes.first(count * 4 / 3)) != held) {
    return fail(Errc::malformed,
                "the mnemonic's checksum is wrong: a word is mistaken or out of place");
  }
  return entropy;
}

SecretText entropy_mnemonic(Bytes entropy) {
  SecretText out;
  out.text().reserve(24 * 9);  // never moved, so that no copy stays behind
  unsigned held = 0, held_bits = 0;
  const auto write = [&] {
    const unsigned index = held >> (held_bits - bits_per_word) & (word_count - 1);
    held_bits -= bits_per_word;
    if (!out.empty()) out.text().push_back(' ');
    out.text().append(words_list()[index]);
  };
  for (const std::uint8_t byte : entropy) {
    held = held << 8 | byte;
    held_bits += 8;
    if (held_bits >= bits_per_word) write();
  }
  const auto bits = static_cast<unsigned>(entropy.size() / 4);
  held = held << bits | checksum_of(entropy);
  held_bits += bits;
  while (held_bits >= bits_per_word) write();
  return out;
}

SecretText new_mnemonic() {
  Secret<16> entropy;
  random_bytes(entropy.span());
  return entropy_mnemonic(entropy.span());
}

MiniSecret entropy_mini_secret(const Entropy& entropy, std::string_view password) {
  SecretText salt("mnemonic" + std::string(password));
  Secret<64> block;
  pbkdf2_first_block(Bytes(entropy.bytes.data(), entropy.size), salt.view(), block);
  return MiniSecret(block.span().first<32>());
}

Result<MiniSecret> mnemonic_mini_secret(std::string_view words, std::string_view password) {
  SUBNETD_TRY(const Entropy entropy, mnemonic_entropy(words));
  return entropy_mini_secret(entropy, password);
}

}  // namespace subnetd::commune
