// SPDX-License-Identifier: 0BSD
// A signed request of a Commune client, judged: headers, lists, signature, target and time, in the
// order and with the answers of Commune's own module server, and stricter where that one is open to
// replays: the time must lie inside what is signed and not far ahead, and the all-zero key is
// refused. The two steps are apart so that the slow one can run on another thread. Pure.
//
//   auto asked = open_request(sent, lists);            // headers, lists, body: microseconds
//   const auto matched = match_signature(*asked);      // the signature: hundreds of microseconds
//   auto signer = close_request(*asked, matched, …);   // target, time
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "commune/bytes.hpp"

namespace subnetd::commune {

// An answer that is no success.
struct Refusal {
  int status = 400;
  std::string message;
  bool flat = false;  // {"error":message}, else {"error":{"code":status,"message":message}}
  std::int64_t retry_s = 0;  // rates: when a call is allowed again

  bool operator==(const Refusal&) const = default;
};
template <class T>
using Judged = std::expected<T, Refusal>;

struct SentRequest {
  std::string_view key, signature, crypto, timestamp;  // X-Key, X-Signature, X-Crypto, X-Timestamp
  std::string_view body;
  bool address_denied = false;  // the caller's network is on the operator's list
};

// By public key; an empty allow list lets everybody in.
struct KeyHash {
  std::size_t operator()(const PublicKey& key) const;
};
using KeySet = std::unordered_set<PublicKey, KeyHash>;
struct KeyLists {
  KeySet allow, deny;
};

// What is left to check: whether the signature fits one of these texts.
struct OpenedRequest {
  PublicKey key{};
  Signature signature{};
  std::string canonical;        // what deployed clients sign; empty without X-Timestamp
  std::string timestamp;        // of X-Timestamp
  std::string raw;              // the body as it was sent; empty: this form is not taken
  std::string raw_timestamp;    // of params.timestamp, inside the raw body; may be empty
  bool has_target = false;      // its params say whom it is for
  std::string target_key;       // as canonical text; empty when absent
};

enum class Form { none, canonical, raw };

Judged<OpenedRequest> open_request(const SentRequest& sent, const KeyLists& lists);
// Tries the text as it is, then within <Bytes>…</Bytes>, as browser wallets sign.
Form match_signature(const OpenedRequest& request);
// The same of each, cheaper where all signatures fit their canonical texts, as nearly all do.
std::vector<Form> match_signatures(std::span<const std::shared_ptr<const OpenedRequest>> requests);

struct Caller {
  PublicKey key{};
  std::uint64_t hash = 0;     // of key and signature: the same request again has the same
  std::int64_t until_ms = 0;  // when its timestamp is stale
};
// `own_address`: SS58 of the key that the request must be for.
Judged<Caller> close_request(const OpenedRequest& request, Form matched,
                             std::string_view own_address, std::int64_t now_ms);

// The same for /api/v1: the text signed is {"method","path","params","timestamp"} as canonical
// JSON, params being the body, {} when it is empty. There is no target_key in it.
struct SentWrite {
  SentRequest sent;
  std::string_view method, path;
};
Judged<OpenedRequest> open_write(const SentWrite& write, const KeyLists& lists);
std::string signed_write_text(std::string_view method, std::string_view path,
                              std::string_view canonical_params, std::string_view timestamp);

}  // namespace subnetd::commune
