// SPDX-License-Identifier: 0BSD
#include "net/tls.hpp"

#include <openssl/ssl.h>

namespace subnetd::net {
namespace {

namespace ssl = boost::asio::ssl;

Result<TlsContext> hardened(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  const bool set = SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
  if (!set) return fail(Errc::internal, "TLS: the library refuses TLS 1.2 with modern ciphers");
  return context;
}

}  // namespace

Result<TlsContext> server_tls(const std::string& certificate_file, const std::string& key_file) {
  SUBNETD_TRY(TlsContext context, hardened(ssl::context::tls_server));
  boost::system::error_code ec;
  context->use_certificate_chain_file(certificate_file, ec);
  if (ec) {
    return fail(Errc::config, "TLS: " + certificate_file + ": " + ec.message(),
                "give a PEM file with the certificate first and its chain after it");
  }
  context->use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec) {
    return fail(Errc::config, "TLS: " + key_file + ": " + ec.message(),
                "give the PEM private key of the certificate, without a pass phrase");
  }
  return context;
}

Result<TlsContext> client_tls(const std::string& ca_file) {
  SUBNETD_TRY(TlsContext context, hardened(ssl::context::tls_client));
  boost::system::error_code ec;
  if (ca_file.empty()) {
    context->set_default_verify_paths(ec);
  } else {
    context->load_verify_file(ca_file, ec);
  }
  if (ec) {
    return fail(Errc::config,
                "TLS: " + (ca_file.empty() ? "system roots" : ca_file) + ": " + ec.message());
  }
  context->set_verify_mode(ssl::verify_peer);
  return context;
}

}  // namespace subnetd::net
