// SPDX-License-Identifier: 0BSD
// Who may call a route: Host, Origin, Content-Type and the operator's token, in this order, before
// anything else is looked at. Signatures are checked after it, by Signers. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "api/face.hpp"
#include "api/routes.hpp"

namespace subnetd::api {

struct Admission {
  std::optional<net::HttpResponse> refusal;
  bool by_operator = false;
  bool signature = false;  // the caller is who signed: that is left to check
};
Admission admit(const Face& face, const Route& route, const net::HttpRequest& request);

// Whether a Host or an Origin's authority names this daemon.
bool is_our_host(const Options& options, std::string_view authority);
bool is_loopback_literal(std::string_view host);
// Takes the same time for every text of the same length.
bool same_secret(std::string_view given, std::string_view secret);

}  // namespace subnetd::api
