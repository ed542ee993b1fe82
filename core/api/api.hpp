// SPDX-License-Identifier: 0BSD
// The HTTP face: /api/v1, operations, pages. Plugs into net::HttpServer as its handler and asks a
// Daemon for everything; it keeps no state of its own. io thread; history is read on a thread of
// its own, so that a long scan delays nobody.
//
//   api::Api api(std::move(options), daemon);
//   net::HttpServer server(executor, [&](net::HttpRequest r) { return api(std::move(r)); });
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/daemon.hpp"
#include "api/signers.hpp"
#include "domain/weights.hpp"
#include "net/address_guard.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

struct Options {
  std::string operator_token;  // empty: whoever reaches a loopback listener is the operator
  bool read_open = true;       // else reading needs the token too
  std::vector<std::string> public_hosts;  // Host names we answer to, with or without port
  std::string listen_host = "127.0.0.1";  // the literal that is listened on
  std::uint16_t port = 0;
  bool tls = false;
  std::string subnet_name;
  std::uint32_t netuid = 0;
  std::string version;
  // Which addresses nodes may have; empty: any. A name is judged at each call, by what it is then.
  std::optional<net::AddressPolicy> node_addresses;
  SignerOptions signers;
  WeightRules weights;       // of the chain that the agent's row of weights is meant for
  std::string journal_path;  // where validations, epochs and timelines are read
};

struct Face;
struct Found;
struct Admission;

class Api {
 public:
  // `daemon` outlives it. Requests in flight must have ended before it goes.
  Api(Options options, Daemon& daemon);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  boost::asio::awaitable<net::HttpResponse> operator()(net::HttpRequest request);
  // Of the program that this is a part of: the operator, without a Host, a token or a limit. Not
  // the module protocol, whose callers sign, and no stream of events.
  boost::asio::awaitable<net::HttpResponse> inside(net::HttpRequest request);
  // Other rules than Options::weights from here on.
  void weigh_by(const WeightRules& rules);
  // For net::ServerOptions::body_limit.
  std::size_t body_limit(std::string_view path) const;

 private:
  boost::asio::awaitable<net::HttpResponse> answer(const Found& found, const Admission& admission,
                                                   net::HttpRequest request);

  std::unique_ptr<Face> face_;
};

}  // namespace subnetd::api
