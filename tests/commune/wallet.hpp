// SPDX-License-Identifier: 0BSD
// A key and what it signs, as deployed clients sign: headers and bodies of requests.
#pragma once

#include <string>
#include <utility>

#include "commune/canonical_json.hpp"
#include "commune/key_pair.hpp"
#include "commune/signed_request.hpp"
#include "commune/timestamp.hpp"
#include "net/http_types.hpp"

namespace subnetd::commune::testing {

class Wallet {
 public:
  explicit Wallet(const std::string& uri) : pair_(*KeyPair::from_uri(uri)) {}

  std::string address() const { return pair_.address(); }
  const PublicKey& key() const { return pair_.public_key(); }

  net::HttpHeaders headers(const std::string& signed_text, const std::string& timestamp) const {
    return {{"Content-Type", "application/json"},
            {"X-Signature", hex_encode(pair_.sign(bytes_of(signed_text)))},
            {"X-Key", hex_encode(pair_.public_key())},
            {"X-Crypto", "1"},
            {"X-Timestamp", timestamp}};
  }
  // A call of the module protocol; `params` is an object.
  std::pair<std::string, net::HttpHeaders> call(const std::string& params,
                                                const std::string& target,
                                                std::int64_t utc_ms) const {
    auto object = *CanonicalObject::read(params);
    object.set("target_key", canonical_string(target));
    const std::string body = "{\"params\": " + object.text() + "}";
    const std::string time = format_timestamp(utc_ms * 1000);
    auto text = *CanonicalObject::read(body);
    text.set("timestamp", canonical_string(time));
    return {body, headers(text.text(), time)};
  }
  // A request of /api/v1.
  net::HttpHeaders write(const std::string& method, const std::string& path,
                         const std::string& body, std::int64_t utc_ms) const {
    const std::string params = body.empty() ? "{}" : *canonical_json(body);
    const std::string time = format_timestamp(utc_ms * 1000);
    return headers(signed_write_text(method, path, params, time), time);
  }

 private:
  KeyPair pair_;
};

}  // namespace subnetd::commune::testing
