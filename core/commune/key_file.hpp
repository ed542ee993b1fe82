// SPDX-License-Identifier: 0BSD
// The text of a Commune key file, plain and encrypted, as communex and `commune` write it:
// {"data": JSON text of the key, "encrypted": bool, "timestamp": s}; encrypted, the data is base64
// of nonce and secretbox under blake2b-256 of the password. Pure but for the generator: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commune/key_pair.hpp"

namespace subnetd::commune {

struct StoredKey {
  KeyPair pair;
  SecretText mnemonic;  // empty where the file has none
};

// `password` null: none is known. Errc::unauthorized: it is encrypted and the password is missing
// or wrong; Errc::malformed: no key, or one whose parts do not belong together. Of mnemonic,
// private key and seed the first counts that gives the public key the file names.
Result<StoredKey> read_key_file(std::string_view text, const SecretText* password);
// As the file says it; nothing else of it is checked.
Result<bool> is_encrypted_key_file(std::string_view text);

// `name` stands in it as its path. Encrypted when there is a password.
SecretText write_key_file(const StoredKey& key, std::string_view name, const SecretText* password,
                          std::int64_t now_s);

// The encrypted form of `data`, for a given nonce.
std::string seal(std::string_view plain, const SecretText& password,
                 std::span<const std::uint8_t, 24> nonce);
Result<SecretText> unseal(std::string_view data, const SecretText& password);

}  // namespace subnetd::commune
