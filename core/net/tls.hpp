// SPDX-License-Identifier: 0BSD
// TLS contexts for both directions: 1.2 and above, no renegotiation, no compression, buffers given
// back while idle. A context is made at start (or on reload) and shared by its connections.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "domain/error.hpp"

namespace subnetd::net {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// PEM files: the certificate chain and its private key. Errc::config names the file that is wrong.
Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file);

// Verifies peers against the system's roots, or only against `ca_file` when it is not empty.
Result<TlsContext> client_tls(const std::string& ca_file = {});

}  // namespace subnetd::net
