// SPDX-License-Identifier: 0BSD
#include "api/signers.hpp"

#include <algorithm>
#include <memory>

#include "api/object_text.hpp"
#include "commune/ss58.hpp"
#include "domain/limits.hpp"

namespace subnetd::api {
namespace {

using commune::Form;
using commune::Judged;
using commune::OpenedRequest;
using commune::Refusal;

constexpr std::int64_t stake_known_ms = 600'000;

Refusal rate_refusal(std::int64_t after_s) {
  Refusal refusal{429, "Rate limit exceeded", true};
  refusal.retry_s = after_s;
  return refusal;
}

}  // namespace

commune::SentRequest Signers::sent(const net::HttpRequest& request) const {
  commune::SentRequest out;
  out.key = request.header("x-key");
  out.signature = request.header("x-signature");
  out.crypto = request.header("x-crypto");
  out.timestamp = request.header("x-timestamp");
  out.body = request.body;
  boost::system::error_code ec;
  const auto peer = boost::asio::ip::make_address(request.peer, ec);
  out.address_denied = !ec && std::ranges::any_of(
      options_.denied_networks, [&](const net::Cidr& network) { return network.contains(peer); });
  return out;
}

std::optional<Refusal> Signers::take_ip(const std::string& peer) {
  const std::int64_t after_s = ip_rate_.take(peer, options_.per_minute_ip, net::steady_ms());
  if (after_s == 0) return std::nullopt;
  return rate_refusal(after_s);
}

// What the nodes of a key have at stake; asked of the state once in ten minutes.
boost::asio::awaitable<bool> Signers::is_staked(std::string address) {
  const std::int64_t now_ms = net::steady_ms();
  const auto known = staked_.find(address);
  if (known != staked_.end() && known->second.until_ms > now_ms) co_return known->second.enough;
  std::uint64_t stake_nano = 0;
  std::function<void(const engine::State&)> look = [&](const engine::State& s) {
    const std::uint32_t owner = s.owners.find(address);
    if (owner == engine::none || owner == 0) return;
    for (const engine::ValidatorRow& row : s.validators) {
      if (row.uid != engine::none && row.owner == owner && row.has_stake) {
        stake_nano += row.stake_nano;
      }
    }
  };
  const auto looked = co_await daemon_.read(std::move(look));
  if (!looked) co_return false;
  if (staked_.size() >= limits::rate_buckets_max) staked_.clear();
  const bool enough = stake_nano >= options_.staked_from_nano;
  staked_[address] = {enough, now_ms + stake_known_ms};
  co_return enough;
}

std::optional<Refusal> Signers::note(const commune::Caller& caller, std::int64_t now_ms) {
  used_.erase(used_.begin(), used_.lower_bound({now_ms, 0}));
  if (used_.size() >= limits::signed_writes_max) {
    return Refusal{503, "Too many signed requests are in their window"};
  }
  if (used_.emplace(caller.until_ms, caller.hash).second) return std::nullopt;
  return Refusal{409, "This signed request was used before"};
}

Signers::Judging<engine::Signer> Signers::judge(Judged<OpenedRequest> opened, std::string peer) {
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  // Before the costly step; a key's own rate is charged only to who has proved to be it.
  if (auto refused = take_ip(peer)) co_return std::unexpected(*std::move(refused));
  const auto shared = std::make_shared<const OpenedRequest>(*std::move(opened));
  const Form form = co_await verifiers_.match(shared);
  const std::int64_t now_ms = net::utc_ms();
  const auto caller = commune::close_request(*shared, form, options_.own_address, now_ms);
  if (!caller) co_return std::unexpected(caller.error());
  std::string address = commune::ss58_encode(caller->key);
  std::uint64_t per_minute = options_.per_minute_key;
  if (options_.per_minute_staked != per_minute) {
    const bool staked = co_await is_staked(address);
    if (staked) per_minute = options_.per_minute_staked;
  }
  if (const auto after_s = key_rate_.take(address, per_minute, net::steady_ms()); after_s != 0) {
    co_return std::unexpected(rate_refusal(after_s));
  }
  if (auto refused = note(*caller, now_ms)) co_return std::unexpected(*std::move(refused));
  const bool is_agent = address == options_.own_address;
  co_return engine::Signer{std::move(address), caller->hash, caller->until_ms, is_agent};
}

Signers::Judging<engine::Signer> Signers::module_caller(const net::HttpRequest& request) {
  auto signer = co_await judge(commune::open_request(sent(request), options_.keys), request.peer);
  co_return signer;
}

Signers::Judging<engine::Signer> Signers::write_caller(const net::HttpRequest& request) {
  const commune::SentWrite write{sent(request), request.method, request.path};
  auto signer = co_await judge(commune::open_write(write, options_.keys), request.peer);
  co_return signer;
}

net::HttpResponse module_refusal(const Refusal& refusal) {
  net::HttpResponse response;
  response.status = refusal.status;
  {
    ObjectText object(response.body);
    if (refusal.flat) {
      object.text("error", refusal.message);
    } else {
      ObjectText(object.open("error"))
          .number("code", static_cast<std::uint64_t>(refusal.status))
          .text("message", refusal.message);
    }
  }
  if (refusal.retry_s != 0) {
    const std::string after = std::to_string(refusal.retry_s);
    response.headers.emplace_back("X-RateLimit-Remaining", "0");
    response.headers.emplace_back("X-RateLimit-TryAfter", after + " seconds");
    response.headers.emplace_back("Retry-After", after);
  }
  return response;
}

}  // namespace subnetd::api
