// SPDX-License-Identifier: 0BSD
#include "net/http_client.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "loopback.hpp"
#include "net/spawn.hpp"

namespace subnetd::net {
namespace {

ClientOptions local_ok() {
  ClientOptions options;
  options.policy.allow_private = true;
  return options;
}

std::string url_of(std::uint16_t port, std::string_view path = "/") {
  return "http://127.0.0.1:" + std::to_string(port) + std::string(path);
}

// A peer that reads one request, sends what it was told, and closes, or holds on until it is gone.
class RawPeer {
 public:
  enum class Then { close, hold };
  RawPeer(std::string answer, Then then) : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::thread([this, answer = std::move(answer), then] {
      boost::system::error_code ec;
      tcp::socket socket(io_);
      acceptor_.accept(socket, ec);
      char bytes[4096];
      socket.read_some(asio::buffer(bytes), ec);
      asio::write(socket, asio::buffer(answer), ec);
      while (then == Then::hold && socket.read_some(asio::buffer(bytes), ec) > 0) {
      }
    });
  }
  ~RawPeer() { thread_.join(); }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

class HttpClientTest : public testing::Test {
 protected:
  FetchResult fetch(FetchRequest request, ClientOptions options = local_ok()) {
    HttpClient client(io_.executor(), std::move(options));
    return io_.await(client.fetch(std::move(request)));
  }
  FetchResult fetch(const std::string& url) {
    FetchRequest request;
    request.url = url;
    return fetch(std::move(request));
  }
  FetchFault fault_from(std::string answer, RawPeer::Then then = RawPeer::Then::close) {
    RawPeer peer(std::move(answer), then);
    FetchRequest request;
    request.url = url_of(peer.port());
    request.deadline_ms = then == RawPeer::Then::hold ? 100 : 20'000;
    const auto reply = fetch(std::move(request));
    EXPECT_FALSE(reply);
    return reply ? FetchFault::refused : reply.error().fault;
  }
  IoThread io_;
};

TEST_F(HttpClientTest, PostsABodyAndReadsTheReply) {
  LoopbackServer server;
  FetchRequest request;
  request.method = "POST";
  request.url = url_of(server.port(), "/method/validate?x=1");
  request.body = "{\"a\":1}";
  const auto reply = fetch(std::move(request));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "POST /method/validate {\"a\":1}");
  EXPECT_GT(reply->arrived_ms, 1'600'000'000'000);
  EXPECT_GE(reply->elapsed_ms, 0);
}

TEST_F(HttpClientTest, SendsTheNamesHostAndPortAndOneOfEachFramingField) {
  HttpRequest seen;
  LoopbackServer server([&seen](HttpRequest request) {
    seen = request;
    return echo(std::move(request));
  });
  FetchRequest request;
  request.url = url_of(server.port());
  request.headers = {{"X-Key", "abc"}};
  ASSERT_TRUE(fetch(std::move(request)));
  EXPECT_EQ(seen.header("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen.header("x-key"), "abc");
}

TEST_F(HttpClientTest, ReadsChunkedRepliesAndRepliesThatEndWithTheConnection) {
  RawPeer chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                  RawPeer::Then::close);
  EXPECT_EQ(fetch(url_of(chunked.port()))->body, "abc");
  RawPeer plain("HTTP/1.0 200 OK\r\n\r\nuntil the end", RawPeer::Then::close);
  EXPECT_EQ(fetch(url_of(plain.port()))->body, "until the end");
  RawPeer interim(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
      RawPeer::Then::close);
  EXPECT_EQ(fetch(url_of(interim.port()))->status, 201);
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  RawPeer peer("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
               RawPeer::Then::close);
  EXPECT_EQ(fetch(url_of(peer.port()))->status, 302);
}

TEST_F(HttpClientTest, TellsTheWaysAPeerCanFailApart) {
  EXPECT_EQ(fault_from(""), FetchFault::early_close);
  EXPECT_EQ(fault_from("HTTP/1.1 200 OK\r\nContent-Le"), FetchFault::early_close);
  EXPECT_EQ(fault_from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
            FetchFault::early_close);
  EXPECT_EQ(fault_from("SSH-2.0-OpenSSH\r\n\r\n"), FetchFault::malformed);
  EXPECT_EQ(fault_from("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'h') + "\r\n\r\n"),
            FetchFault::too_large);
  EXPECT_EQ(fault_from("", RawPeer::Then::hold), FetchFault::timeout);
  EXPECT_EQ(fault_from("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow", RawPeer::Then::hold),
            FetchFault::timeout);
}

TEST_F(HttpClientTest, TakesTheReplyCapAndRefusesOneMoreByte) {
  LoopbackServer server([](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.body.assign(10'000'000, 'x');
    co_return response;
  });
  FetchRequest request;
  request.url = url_of(server.port());
  request.reply_bytes_max = 10'000'000;
  EXPECT_EQ(fetch(request)->body.size(), 10'000'000u);
  request.reply_bytes_max -= 1;
  EXPECT_EQ(fetch(request).error().fault, FetchFault::too_large);
}

TEST_F(HttpClientTest, StopsReadingAnEndlessChunkedReplyAtTheCap) {
  std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 2'000; ++i) endless += "400\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_EQ(fault_from(std::move(endless)), FetchFault::too_large);
}

TEST_F(HttpClientTest, SaysConnectWhenNobodyListensAndResolveWhenThereIsNoSuchName) {
  std::uint16_t unused = 0;
  {
    asio::io_context io;
    unused = tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
  }
  const auto refused = fetch(url_of(unused));
  EXPECT_EQ(refused.error().fault, FetchFault::connect);
  EXPECT_EQ(refused.error().message, endpoint_unreachable);
  const auto unknown = fetch(std::string("http://no-such-name.invalid/"));
  EXPECT_EQ(unknown.error().fault, FetchFault::resolve);
  EXPECT_EQ(unknown.error().message, endpoint_unreachable);
}

TEST_F(HttpClientTest, ReachesALocalNameWhenThePolicyAllowsIt) {
  LoopbackServer server;
  EXPECT_TRUE(fetch("http://localhost:" + std::to_string(server.port()) + "/"));
}

TEST_F(HttpClientTest, RefusesHeadersThatWouldEndTheirLine) {
  FetchRequest request;
  request.url = "http://127.0.0.1:1/";
  request.headers = {{"X", "a\r\nHost: b"}};
  EXPECT_EQ(fetch(std::move(request)).error().fault, FetchFault::refused);
}

TEST_F(HttpClientTest, SaysUnavailableWhenDescriptorsRunOut) {
  LoopbackServer server;
  FetchRequest request;
  request.url = url_of(server.port());
  ASSERT_TRUE(fetch(request));
  FetchResult reply;
  {
    const NoDescriptors none_left;
    reply = fetch(request);
  }
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, FetchFault::unavailable);
  EXPECT_EQ(reply.error().code, Errc::unavailable);
}

struct Crowd {
  HttpClient* client = nullptr;
  std::string url;
  std::size_t done = 0;
  std::size_t good = 0;
  std::string first_fault;
  std::promise<void> all_done;
};

asio::awaitable<void> one_call(Crowd& crowd, std::size_t total) {
  FetchRequest request;
  request.method = "POST";
  request.url = crowd.url;
  request.body = "{}";
  request.deadline_ms = 120'000;
  const auto reply = co_await crowd.client->fetch(std::move(request));
  if (reply && reply->status == 200) {
    ++crowd.good;
  } else if (crowd.first_fault.empty()) {
    crowd.first_fault = reply ? "status " + std::to_string(reply->status) : reply.error().message;
  }
  if (++crowd.done == total) crowd.all_done.set_value();
}

std::size_t resident_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

TEST_F(HttpClientTest, HoldsThousandsOfCallsAtOnceInLittleMemory) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t total = std::min<std::size_t>(9'000, (files.rlim_cur - 200) / 2);
  asio::steady_timer open(io_.executor(), asio::steady_timer::time_point::max());
  std::size_t waiting = 0;
  std::size_t started = 0;
  Crowd crowd;
  // A wave starts when the one before it has arrived: a burst would overflow the accept queue, and
  // one connection lost there keeps all the others waiting.
  const auto start_wave = [&] {
    for (const std::size_t end = std::min(started + 1'000, total); started < end; ++started)
      spawn(io_.executor(), "call", one_call(crowd, total));
  };
  ServerOptions options;
  options.limits.connections_per_ip_max = total;
  auto server = std::make_unique<HttpServer>(
      io_.executor(),
      [&](HttpRequest request) -> asio::awaitable<HttpResponse> {
        if (++waiting == total) open.cancel();
        if (waiting == started) start_wave();
        boost::system::error_code ec;
        if (waiting < total)
          co_await open.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        co_return co_await echo(std::move(request));
      },
      std::move(options));
  HttpClient client(io_.executor(), local_ok());
  crowd.client = &client;
  crowd.url = url_of(io_.on([&] { return *server->listen("127.0.0.1", 0); }));
  const std::size_t before_kib = resident_kib();
  io_.on(start_wave);
  crowd.all_done.get_future().get();
  EXPECT_EQ(crowd.good, total) << waiting << " arrived; first fault: " << crowd.first_fault;
  const std::size_t each_kib = (resident_kib() - before_kib) / total;
  RecordProperty("kib_per_call_and_its_server_side", static_cast<int>(each_kib));
  std::printf("%zu calls in flight, %zu KiB each with the server's side\n", total, each_kib);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)  // their shadow counts too
  EXPECT_LT(each_kib, 32u);
#endif
  io_.on([&] { server.reset(); });
}

}  // namespace
}  // namespace subnetd::net
