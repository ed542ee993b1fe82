// SPDX-License-Identifier: 0BSD
#include "commune/signed_request.hpp"

#include <algorithm>

#include "commune/canonical_json.hpp"
#include "commune/sr25519.hpp"
#include "commune/timestamp.hpp"
#include "domain/limits.hpp"
#include "domain/hash.hpp"
#include "domain/text.hpp"

namespace subnetd::commune {
namespace {

std::unexpected<Refusal> refuse(int status, std::string message) {
  return std::unexpected(Refusal{status, std::move(message)});
}
std::unexpected<Refusal> refuse_time(std::string message) {
  return std::unexpected(Refusal{400, std::move(message), true});
}

bool is_zero(const PublicKey& key) {
  return std::ranges::all_of(key, [](std::uint8_t byte) { return byte == 0; });
}

Judged<PublicKey> read_key(std::string_view text) {
  if (text.empty()) return refuse(400, "Missing header: X-Key");
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return refuse(400, "X-Key should be a hex value");
  }
  const auto key = hex_array<32>(text);
  if (!key || is_zero(*key)) {
    return refuse(400, "Caller key could not be decoded into a ss58address");
  }
  return *key;
}

Judged<Signature> read_signature(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  const auto signature = hex_array<64>(text);
  if (!signature) return refuse(400, "Signature sent is not a valid hex value");
  return *signature;
}

// Python's int() of the header is 1.
bool is_sr25519(std::string_view crypto) {
  if (crypto.starts_with('+')) crypto.remove_prefix(1);
  while (crypto.size() > 1 && crypto.starts_with('0')) crypto.remove_prefix(1);
  return crypto == "1";
}

Judged<OpenedRequest> open_headers(const SentRequest& sent, const KeyLists& lists) {
  OpenedRequest out;
  const auto key = read_key(sent.key);
  if (!key) return std::unexpected(key.error());
  if (lists.deny.contains(*key)) return refuse(403, "You are blacklisted");
  if (sent.address_denied) return refuse(403, "Your IP is blacklisted");
  if (!lists.allow.empty() && !lists.allow.contains(*key)) {
    return refuse(403, "You are not whitelisted");
  }
  if (sent.signature.empty()) return refuse(400, "Missing header: x-signature");
  if (sent.crypto.empty()) return refuse(400, "Missing header: x-crypto");
  if (!is_sr25519(sent.crypto)) return refuse(400, "X-Crypto should be 1, which is sr25519");
  const auto signature = read_signature(sent.signature);
  if (!signature) return std::unexpected(signature.error());
  out.key = *key;
  out.signature = *signature;
  out.timestamp = sent.timestamp;
  return out;
}

// The text within the quotes of a canonical string that needs no escape; else nothing.
std::optional<std::string> plain_string(const std::string* canonical) {
  if (canonical == nullptr || !canonical->starts_with('"')) return std::nullopt;
  std::string text = canonical->substr(1, canonical->size() - 2);
  if (text.find('\\') != text.npos) return std::nullopt;
  return text;
}

bool fits(const OpenedRequest& request, const std::string& text) {
  return sr25519_verify(request.key, bytes_of(text), request.signature) ||
         sr25519_verify(request.key, bytes_of("<Bytes>" + text + "</Bytes>"), request.signature);
}

}  // namespace

std::size_t KeyHash::operator()(const PublicKey& key) const {
  return hash64({reinterpret_cast<const char*>(key.data()), key.size()});
}

Judged<OpenedRequest> open_request(const SentRequest& sent, const KeyLists& lists) {
  auto out = open_headers(sent, lists);
  if (!out) return out;
  auto body = CanonicalObject::read(sent.body);
  if (!body) return refuse(400, "The body is not a JSON object: " + body.error().message);
  const auto params = body->take_object("params");
  if (!params) return refuse(400, "The body has no object \"params\"");
  out->has_target = true;
  if (const std::string* target = params->find("target_key")) out->target_key = *target;
  out->raw = sent.body;
  out->raw_timestamp = plain_string(params->find("timestamp")).value_or("");
  if (!out->timestamp.empty()) {
    body->set("timestamp", canonical_string(out->timestamp, true));
    out->canonical = body->text();
  }
  return out;
}

Form match_signature(const OpenedRequest& request) {
  if (!request.canonical.empty() && fits(request, request.canonical)) return Form::canonical;
  if (!request.raw.empty() && fits(request, request.raw)) return Form::raw;
  return Form::none;
}

std::vector<Form> match_signatures(std::span<const std::shared_ptr<const OpenedRequest>> requests) {
  std::vector<Form> forms(requests.size(), Form::canonical);
  std::vector<Sr25519Claim> claims;
  for (const auto& each : requests) {
    if (each->canonical.empty()) break;
    claims.push_back({&each->key, bytes_of(each->canonical), &each->signature});
  }
  constexpr std::size_t worthwhile = 3;  // two cost as much together as apart
  const bool all = claims.size() == requests.size() && claims.size() >= worthwhile;
  if (all && sr25519_verify_all(claims)) return forms;
  std::ranges::transform(requests, forms.begin(),
                         [](const auto& each) { return match_signature(*each); });
  return forms;
}

Judged<Caller> close_request(const OpenedRequest& request, Form matched,
                             std::string_view own_address, std::int64_t now_ms) {
  if (matched == Form::none) return refuse(401, "Signatures doesn't match");
  if (request.has_target && request.target_key != canonical_string(own_address)) {
    return refuse(401, "Wrong target_key in body");
  }
  // A raw body is signed without its headers: only the time inside it counts.
  const auto time_us = parse_timestamp(matched == Form::raw ? request.raw_timestamp
                                                            : request.timestamp);
  if (!time_us) return refuse_time("Invalid ISO timestamp given");
  const std::int64_t time_ms = *time_us / 1000;
  if (now_ms - time_ms > limits::signed_age_ms_max) return refuse_time("Request is too stale");
  if (time_ms - now_ms > limits::signed_ahead_ms_max) {
    return refuse_time("Request is from the future");
  }
  Caller caller;
  caller.key = request.key;
  const auto hashed = [](const auto& bytes, std::uint64_t seed) {
    return hash64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, seed);
  };
  caller.hash = hashed(request.signature, hashed(request.key, 0));
  caller.until_ms = time_ms + limits::signed_age_ms_max;
  return caller;
}

std::string signed_write_text(std::string_view method, std::string_view path,
                              std::string_view canonical_params, std::string_view timestamp) {
  std::string text = "{\"method\": " + canonical_string(method);
  text.append(", \"path\": ").append(canonical_string(path));
  text.append(", \"params\": ").append(canonical_params);
  text.append(", \"timestamp\": ").append(canonical_string(timestamp, true)).append("}");
  return text;
}

Judged<OpenedRequest> open_write(const SentWrite& write, const KeyLists& lists) {
  auto out = open_headers(write.sent, lists);
  if (!out) return out;
  if (out->timestamp.empty()) return refuse(400, "Missing header: x-timestamp");
  if (!is_valid_utf8(write.path)) return refuse(400, "The path is not UTF-8");
  std::string params = "{}";
  if (!write.sent.body.empty()) {
    const auto body = CanonicalObject::read(write.sent.body);
    if (!body) return refuse(400, "The body is not a JSON object: " + body.error().message);
    params = body->text();
  }
  out->canonical = signed_write_text(write.method, write.path, params, out->timestamp);
  return out;
}

}  // namespace subnetd::commune
