// SPDX-License-Identifier: 0BSD
#include "plugin/signature.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "plugin/durable_file.hpp"
#include "plugin/plugin_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::size_t signature_bytes = 64;
// SubjectPublicKeyInfo of ed25519 (RFC 8410), before the key itself.
constexpr std::array<std::uint8_t, 12> spki_head{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::size_t spki_bytes = spki_head.size() + sizeof(VerifyKey);
constexpr std::size_t base64_bytes = (spki_bytes + 2) / 3 * 4;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Result<VerifyKey> read_verify_key(std::string_view base64) {
  const auto wrong = [] {
    return fail(Errc::malformed, "is no ed25519 public key",
                "write the line that openssl pkey -pubout prints between BEGIN and END");
  };
  if (base64.size() != base64_bytes) return wrong();
  std::array<std::uint8_t, base64_bytes / 4 * 3> der{};
  const int bytes =
      EVP_DecodeBlock(der.data(), reinterpret_cast<const unsigned char*>(base64.data()),
                      static_cast<int>(base64.size()));
  if (bytes < static_cast<int>(spki_bytes)) return wrong();
  if (!std::equal(spki_head.begin(), spki_head.end(), der.begin())) return wrong();
  VerifyKey key;
  std::copy_n(der.begin() + spki_head.size(), key.size(), key.begin());
  return key;
}

bool is_signed_by(const VerifyKey& key, std::span<const std::uint8_t> signature,
                  std::span<const std::uint8_t> bytes) {
  const std::unique_ptr<EVP_PKEY, Free> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return public_key && context && signature.size() == signature_bytes &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}

Result<void> check_signature(const std::filesystem::path& path,
                             std::span<const std::uint8_t> bytes,
                             const std::vector<VerifyKey>& keys) {
  const std::string sign = "openssl pkeyutl -sign -rawin -inkey KEY.pem -in " + path.string() +
                           " -out " + path.string() + ".sig";
  const auto text = read_small_file(path.string() + ".sig", signature_bytes);
  if (!text && text.error().code == Errc::not_found) {
    return refused(path, "wanted a signature of one of [plugins] keys, have no " +
                             path.filename().string() + ".sig",
                   "get the vendor's, or sign it: " + sign);
  }
  const std::string signature = text.value_or("");
  const std::span raw(reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size());
  for (const VerifyKey& key : keys) {
    if (is_signed_by(key, raw, bytes)) return {};
  }
  return refused(path, "its signature is of none of [plugins] keys, or of other bytes",
                 "get file and signature anew, or sign it: " + sign);
}

}  // namespace subnetd::plugin
