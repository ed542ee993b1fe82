// SPDX-License-Identifier: 0BSD
// Every cap and every deadline of the server, hit. Deadlines are shrunk; nothing here sleeps.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loopback.hpp"

namespace subnetd::net {
namespace {

constexpr std::string_view get_one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions shrunk(std::int64_t deadline_ms) {
  ServerOptions options;
  options.limits.header_deadline_ms = deadline_ms;
  options.limits.body_grace_ms = deadline_ms;
  options.limits.write_grace_ms = deadline_ms;
  options.limits.idle_ms = deadline_ms;
  options.limits.linger_ms = deadline_ms;
  return options;
}

std::string post_head(std::size_t bytes, std::string_view path = "/p") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
}

TEST(HttpLimits, ServesTheLastConnectionUnderTheCapAndTurnsTheNextAway) {
  ServerOptions options;
  options.limits.connections_max = 3;
  LoopbackServer server(echo, std::move(options));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(get_one);
    EXPECT_EQ(status_of(clients.back()->read_response()), 200);
  }
  RawClient over(server.port());
  const std::string answer = over.read_all();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("Content-Length: " + std::to_string(body_of(answer).size()) + "\r\n"),
            std::string::npos);
  clients.pop_back();
  while (server.stats().connections > 2) std::this_thread::yield();
  RawClient again(server.port());
  again.send(get_one);
  EXPECT_EQ(status_of(again.read_response()), 200);
}

TEST(HttpLimits, CountsConnectionsOfOneAddressTogether) {
  ServerOptions options;
  options.limits.connections_per_ip_max = 1;
  LoopbackServer server(echo, std::move(options));
  RawClient first(server.port());
  first.send(get_one);
  EXPECT_EQ(status_of(first.read_response()), 200);
  RawClient second(server.port());
  EXPECT_EQ(status_of(second.read_all()), 503);
}

TEST(HttpLimits, ClosesAfterTheLastRequestAConnectionMayMake) {
  ServerOptions options;
  options.limits.requests_per_connection_max = 3;
  LoopbackServer server(echo, std::move(options));
  RawClient client(server.port());
  for (int i = 0; i < 4; ++i) client.send(get_one);
  const std::string answers = client.read_all();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answers.find("HTTP/1.1 200", at)) != std::string::npos; ++at)
    ++count;
  EXPECT_EQ(count, 3u);
}

TEST(HttpLimits, TakesABodyAtThePathsLimitAndRefusesOneMoreByteBeforeItIsSent) {
  ServerOptions options;
  options.body_limit = [](std::string_view path) -> std::size_t {
    return path == "/big" ? 1000 : 10;
  };
  LoopbackServer server(echo, std::move(options));
  RawClient fits(server.port());
  fits.send(post_head(1000, "/big") + std::string(1000, 'b'));
  EXPECT_EQ(status_of(fits.read_response()), 200);
  fits.send(post_head(10) + std::string(10, 'b'));
  EXPECT_EQ(status_of(fits.read_response()), 200);
  fits.send(post_head(11));
  EXPECT_EQ(status_of(fits.read_all()), 413);
  RawClient over(server.port());
  over.send(post_head(1001, "/big"));
  EXPECT_EQ(status_of(over.read_all()), 413);
}

TEST(HttpLimits, RefusesATenMegabyteBodyAndTheClientCanReadWhy) {
  LoopbackServer server;
  RawClient client(server.port());
  client.send(post_head(10'000'000) + std::string(10'000'000, 'b'));
  EXPECT_EQ(status_of(client.read_all()), 413);
}

TEST(HttpLimits, EndsANeverEndingChunkedBodyAtTheLimit) {
  LoopbackServer server;
  RawClient client(server.port());
  client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  for (std::size_t sent = 0; sent <= limits::http_body_bytes_max; sent += 1024) client.send(chunk);
  EXPECT_EQ(status_of(client.read_all()), 413);
}

TEST(HttpLimits, RefusesAChunkLineWithoutEnd) {
  LoopbackServer server;
  RawClient client(server.port());
  client.send("POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
              std::string(400, '0'));
  EXPECT_EQ(status_of(client.read_all()), 400);
}

TEST(HttpLimits, EndsAHeaderThatDripsAndSaysWhy) {
  LoopbackServer server(echo, shrunk(60));
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(status_of(client.read_all()), 408);
  EXPECT_EQ(server.stats().timeouts, 1u);
}

TEST(HttpLimits, EndsABodyThatComesBelowTheLeastRate) {
  LoopbackServer server(echo, shrunk(60));
  RawClient client(server.port());
  client.send(post_head(1000) + "x");
  EXPECT_EQ(status_of(client.read_all()), 408);
}

TEST(HttpLimits, ClosesAnIdleConnectionWithoutAWord) {
  LoopbackServer server(echo, shrunk(60));
  RawClient client(server.port());
  client.send(get_one);
  client.read_response();
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(HttpLimits, CutsOffAClientThatNeverReads) {
  ServerOptions options = shrunk(60);
  options.limits.bytes_per_second_min = 1'000'000'000;
  LoopbackServer server(
      [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.body.assign(50'000'000, 'z');
        co_return response;
      },
      std::move(options));
  RawClient client(server.port());
  client.send(get_one);
  while (server.stats().timeouts == 0) std::this_thread::yield();
  EXPECT_LT(client.read_all().size(), 50'000'000u);
}

TEST(HttpLimits, RefusesAStreamOverTheCap) {
  ServerOptions options;
  options.limits.streams_max = 1;
  LoopbackServer server(
      [](HttpRequest) -> asio::awaitable<HttpResponse> {
        HttpResponse response;
        response.stream = std::make_shared<ResponseStream>();
        co_return response;
      },
      std::move(options));
  RawClient first(server.port());
  first.send(get_one);
  EXPECT_EQ(status_of(first.read_response()), 200);
  RawClient second(server.port());
  second.send(get_one);
  EXPECT_EQ(status_of(second.read_response()), 503);
}

TEST(HttpLimits, ServesAHealthyClientWhileThousandsAreSlowAndThenEndsThem) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t count = std::min<std::size_t>(4'000, (files.rlim_cur - 200) / 2);
  ServerOptions options = shrunk(2'000);
  options.limits.idle_ms = 60'000;  // the healthy one waits while the others connect
  options.limits.connections_per_ip_max = count + 1;
  LoopbackServer server(echo, std::move(options));
  RawClient healthy(server.port());
  asio::io_context io;
  std::vector<tcp::socket> slow;
  for (std::size_t i = 0; i < count; ++i) {
    slow.emplace_back(io).connect({asio::ip::address_v4::loopback(), server.port()});
    asio::write(slow.back(), asio::buffer(std::string_view("POST / HTTP/1.1\r\nHos")));
  }
  for (int i = 0; i < 100; ++i) {
    healthy.send(get_one);
    EXPECT_EQ(status_of(healthy.read_response()), 200);
  }
  std::size_t told = 0;
  for (tcp::socket& socket : slow) {
    char bytes[512];
    boost::system::error_code ec;
    const std::size_t got = socket.read_some(asio::buffer(bytes), ec);
    told += status_of(std::string(bytes, got)) == 408 ? 1 : 0;
  }
  EXPECT_EQ(told, count);
}

TEST(HttpLimits, RecoversWhenDescriptorsRunOutWhileAccepting) {
  LoopbackServer server;
  asio::io_context io;
  tcp::socket client(io);
  client.open(tcp::v4());
  {
    const NoDescriptors none_left;
    client.connect({asio::ip::address_v4::loopback(), server.port()});
    while (server.stats().accept_pauses == 0) std::this_thread::yield();
  }
  asio::write(client, asio::buffer(get_one));
  char bytes[512];
  const std::size_t got = client.read_some(asio::buffer(bytes));
  EXPECT_EQ(status_of(std::string(bytes, got)), 200);
}

}  // namespace
}  // namespace subnetd::net
