// SPDX-License-Identifier: 0BSD
// Every route once: the table drives dispatch, 404 and 405, who may call, which query parameters
// and bodies there are, and /openapi.json. A handler may rely on all of it having been checked.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/query.hpp"
#include "api/views.hpp"
#include "domain/error.hpp"
#include "engine/input.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

struct Face;

enum class Auth : std::uint8_t {
  none,   // anybody
  read,   // anybody, unless [auth] read = "token"
  write,  // the operator, or the agent's own key
  owner,  // the operator, or whoever signs, for nodes of its own
  module,  // whoever signs as Commune's module protocol has it
};

// What a success looks like.
enum class Shape : std::uint8_t { nothing, object, list, text, events, page };

// One request on its way through a handler.
struct Call {
  Face& face;
  net::HttpRequest request;
  std::string subject;  // what stands for {id} or {n}, decoded
  Query query;
  bool by_operator = false;
  std::optional<engine::Signer> signer;

  Viewer viewer() const { return {by_operator, signer ? signer->key : std::string()}; }
};

using Handler = boost::asio::awaitable<Result<net::HttpResponse>> (*)(Call&);

struct Route {
  std::string_view method;
  std::string_view path;  // "{id}" stands for one segment
  Auth auth = Auth::read;
  std::string_view summary;
  std::span<const Param> params = {};
  std::string_view body = {};  // schema of the request, empty: takes none
  int status = 200;
  int other_status = 0;  // a second success with the same schema
  Shape shape = Shape::object;
  std::string_view schema = {};  // of the answer, or of a list's items
  Handler handler = nullptr;
  bool keyed = false;  // takes an Idempotency-Key; any other write refuses one
};

std::span<const Route> routes();

struct Found {
  const Route* route = nullptr;           // path and method fit
  std::string subject;                    // still percent-encoded
  std::vector<std::string_view> allowed;  // methods of the path; empty: no such path
};
Found find_route(std::string_view method, std::string_view path);

}  // namespace subnetd::api
