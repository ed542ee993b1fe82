// SPDX-License-Identifier: 0BSD
// Who signed a request, and whether this daemon hears it: lists, rates, signature, replay. On the
// io thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/daemon.hpp"
#include "api/verifiers.hpp"
#include "commune/rate_limit.hpp"
#include "commune/signed_request.hpp"
#include "net/address_guard.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

// Of [auth].
struct SignerOptions {
  std::string own_address;    // whom requests of the module protocol must be for
  bool may_register = false;  // [auth] registration = "signed"
  commune::KeyLists keys;
  std::vector<net::Cidr> denied_networks;
  std::uint64_t per_minute_ip = 0;  // 0: no limit
  std::uint64_t per_minute_key = 0;
  std::uint64_t per_minute_staked = 0;
  std::uint64_t staked_from_nano = 0;  // the stake from which on the line above counts
};

class Signers {
 public:
  Signers(SignerOptions options, Daemon& daemon) : options_(std::move(options)), daemon_(daemon) {}
  Signers(const Signers&) = delete;
  Signers& operator=(const Signers&) = delete;

  template <class T>
  using Judging = boost::asio::awaitable<commune::Judged<T>>;

  // Signed as Commune's module protocol has it.
  Judging<engine::Signer> module_caller(const net::HttpRequest& request);
  // Signed as /api/v1 has it: method and path are inside.
  Judging<engine::Signer> write_caller(const net::HttpRequest& request);
  const SignerOptions& options() const { return options_; }

 private:
  commune::SentRequest sent(const net::HttpRequest& request) const;
  Judging<engine::Signer> judge(commune::Judged<commune::OpenedRequest> opened, std::string peer);
  std::optional<commune::Refusal> take_ip(const std::string& peer);
  boost::asio::awaitable<bool> is_staked(std::string address);
  std::optional<commune::Refusal> note(const commune::Caller& caller, std::int64_t now_ms);

  struct Staked {
    bool enough = false;
    std::int64_t until_ms = 0;  // then it is looked up again
  };

  SignerOptions options_;
  Daemon& daemon_;
  commune::RateLimit ip_rate_, key_rate_;
  std::unordered_map<std::string, Staked> staked_;
  // Until stale: (until_ms, hash). Those of writes are in State too, and outlive a restart.
  std::set<std::pair<std::int64_t, std::uint64_t>> used_;
  Verifiers verifiers_;
};

// {"error":…} as the module protocol has it.
net::HttpResponse module_refusal(const commune::Refusal& refusal);

}  // namespace subnetd::api
