// SPDX-License-Identifier: 0BSD
#include "net/tls.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/stream.hpp>

#include "loopback.hpp"

namespace subnetd::net {
namespace {

const std::string certificate = SUBNETD_SOURCE_DIR "/tests/vectors/tls/localhost.cert.pem";
const std::string key = SUBNETD_SOURCE_DIR "/tests/vectors/tls/localhost.key.pem";

ServerOptions with_tls() {
  ServerOptions options;
  options.tls = *server_tls(certificate, key);
  return options;
}

FetchResult call(LoopbackServer& server, const std::string& host, TlsContext tls) {
  ClientOptions options;
  options.policy.allow_private = true;
  options.tls = std::move(tls);
  HttpClient client(server.io().executor(), std::move(options));
  FetchRequest request;
  request.method = "POST";
  request.url = "https://" + host + ":" + std::to_string(server.port()) + "/t";
  request.body.assign(50'000, 'b');
  return server.io().await(client.fetch(std::move(request)));
}

TEST(Tls, CarriesACallWhenTheCertificateNamesTheHost) {
  LoopbackServer server(echo, with_tls());
  const auto reply = call(server, "localhost", *client_tls(certificate));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->body.size(), 50'008u);
}

TEST(Tls, RefusesACertificateForAnotherHostOrFromAnUnknownIssuer) {
  LoopbackServer server(echo, with_tls());
  EXPECT_EQ(call(server, "127.0.0.1", *client_tls(certificate)).error().fault, FetchFault::tls);
  EXPECT_EQ(call(server, "localhost", *client_tls()).error().fault, FetchFault::tls);
}

TEST(Tls, EndsAHandshakeThatIsNeverFinished) {
  ServerOptions options = with_tls();
  options.limits.handshake_ms = 50;
  LoopbackServer server(echo, std::move(options));
  RawClient client(server.port());
  client.send("\x16\x03\x01");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(Tls, RefusesAClientThatSpeaksOnlyTls11) {
  LoopbackServer server(echo, with_tls());
  asio::io_context io;
  asio::ssl::context old(asio::ssl::context::tls_client);
  SSL_CTX_set_security_level(old.native_handle(), 0);
  SSL_CTX_set_min_proto_version(old.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.native_handle(), TLS1_1_VERSION);
  asio::ssl::stream<tcp::socket> stream(io, old);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), server.port()});
  boost::system::error_code ec;
  stream.handshake(asio::ssl::stream_base::client, ec);
  EXPECT_TRUE(ec);
}

TEST(Tls, NamesTheFileThatIsWrong) {
  const auto missing = server_tls("/nonexistent.pem", key);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::config);
  EXPECT_NE(missing.error().message.find("/nonexistent.pem"), std::string::npos);
  EXPECT_FALSE(server_tls(certificate, certificate));
}

}  // namespace
}  // namespace subnetd::net
