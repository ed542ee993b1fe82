// SPDX-License-Identifier: 0BSD
// BIP-39 words and the mini-secret that Substrate makes of them: PBKDF2 over the entropy, not over
// the words as BIP-39 itself has it. Pure: any thread.
#pragma once

#include <optional>
#include <string_view>

#include "commune/bytes.hpp"

namespace subnetd::commune {

// 16, 20, 24, 28 or 32 bytes of entropy, as 12, 15, 18, 21 or 24 words.
struct Entropy {
  Secret<32> bytes;
  std::size_t size = 0;
};

// Words in lower case, one space between them. Errc::malformed names the word that is not one.
Result<Entropy> mnemonic_entropy(std::string_view words);
SecretText entropy_mnemonic(Bytes entropy);
// 12 new words.
SecretText new_mnemonic();

MiniSecret entropy_mini_secret(const Entropy& entropy, std::string_view password = {});
Result<MiniSecret> mnemonic_mini_secret(std::string_view words, std::string_view password = {});

}  // namespace subnetd::commune
