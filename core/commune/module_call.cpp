// SPDX-License-Identifier: 0BSD
#include "commune/module_call.hpp"

#include "commune/canonical_json.hpp"
#include "commune/timestamp.hpp"

namespace subnetd::commune {

Result<SignedCall> sign_call(const KeyPair& key, std::string_view target_key,
                             std::string_view params, std::int64_t now_us,
                             std::span<const std::uint8_t, 32> random) {
  SUBNETD_TRY(CanonicalObject object, CanonicalObject::read(params));
  object.set("target_key", canonical_string(target_key));
  const std::string timestamp = format_timestamp(now_us);
  SignedCall call;
  call.body = "{\"params\": " + object.text() + "}";
  std::string signed_text = call.body;
  signed_text.pop_back();
  signed_text += ", \"timestamp\": \"" + timestamp + "\"}";
  const Signature signature = key.sign(bytes_of(signed_text), random);
  call.headers = {{"Content-Type", "application/json"},
                  {"X-Signature", hex_encode(signature)},
                  {"X-Key", hex_encode(key.public_key())},
                  {"X-Crypto", std::to_string(static_cast<int>(key.scheme()))},
                  {"X-Timestamp", timestamp}};
  return call;
}

Result<SignedCall> sign_call(const KeyPair& key, std::string_view target_key,
                             std::string_view params, std::int64_t now_us) {
  std::array<std::uint8_t, 32> random;
  random_bytes(random);
  return sign_call(key, target_key, params, now_us, random);
}

}  // namespace subnetd::commune
