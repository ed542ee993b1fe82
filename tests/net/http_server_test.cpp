// SPDX-License-Identifier: 0BSD
#include "net/http_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "loopback.hpp"
#include "net/spawn.hpp"

namespace subnetd::net {
namespace {

std::string post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}
constexpr std::string_view get_one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view chunked_post =
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(HttpServer, ServesManyRequestsOnOneConnection) {
  LoopbackServer server;
  RawClient client(server.port());
  for (int i = 0; i < 100; ++i) {
    client.send(post("/p", std::to_string(i)));
    EXPECT_EQ(body_of(client.read_response()), "POST /p " + std::to_string(i));
  }
  EXPECT_EQ(server.stats().accepted, 1u);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  LoopbackServer server;
  RawClient client(server.port());
  std::string burst;
  for (int i = 0; i < 50; ++i) burst += post("/p", std::to_string(i));
  client.send(burst);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(body_of(client.read_response()), "POST /p " + std::to_string(i));
}

TEST(HttpServer, ReadsAChunkedBodyThatComesInSingleBytes) {
  LoopbackServer server;
  RawClient client(server.port());
  const std::string wire = std::string(chunked_post) + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  for (const char c : wire) client.send(std::string(1, c));
  EXPECT_EQ(body_of(client.read_response()), "POST /c hello world");
  client.send(get_one);
  EXPECT_EQ(body_of(client.read_response()), "GET /one ");
}

TEST(HttpServer, GivesTheHandlerPathQueryHeadersAndPeer) {
  HttpRequest seen;
  LoopbackServer server([&seen](HttpRequest request) {
    seen = request;
    return echo(std::move(request));
  });
  RawClient client(server.port());
  client.send("GET /a/b?c=1&d=2 HTTP/1.1\r\nHost: a\r\nX-Mixed-Case:  v w \r\n\r\n");
  client.read_response();
  EXPECT_EQ(seen.path, "/a/b");
  EXPECT_EQ(seen.query, "c=1&d=2");
  EXPECT_EQ(seen.header("x-mixed-case"), "v w");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_GT(seen.arrival_ms, 1'600'000'000'000);
}

TEST(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  LoopbackServer server;
  RawClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_EQ(body_of(answer), "");
}

TEST(HttpServer, InvitesABodyThatWaitsForContinue) {
  LoopbackServer server;
  RawClient client(server.port());
  client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(body_of(client.read_response()), "POST /p ok");
}

TEST(HttpServer, TurnsAHandlersExceptionIntoA500AndKeepsServing) {
  const FaultSink before = set_fault_sink([](std::string_view, std::string_view) {});
  LoopbackServer server([](HttpRequest request) -> asio::awaitable<HttpResponse> {
    if (request.path == "/throw") throw std::runtime_error("secret detail");
    co_return co_await echo(std::move(request));
  });
  RawClient client(server.port());
  client.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.read_response();
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_NE(answer.find("\"code\":\"internal\""), std::string::npos);
  EXPECT_EQ(answer.find("secret"), std::string::npos);
  client.send(get_one);
  EXPECT_EQ(status_of(client.read_response()), 200);
  EXPECT_EQ(server.stats().handler_faults, 1u);
  set_fault_sink(before);
}

TEST(HttpServer, NeverLetsAHandlersHeaderEndItsLine) {
  LoopbackServer server([](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.headers.emplace_back("X-Good", "1");
    response.headers.emplace_back("X-Bad", "1\r\nSet-Cookie: x");
    co_return response;
  });
  RawClient client(server.port());
  client.send(get_one);
  const std::string answer = client.read_response();
  EXPECT_NE(answer.find("X-Good: 1\r\n"), std::string::npos);
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

TEST(HttpServer, SendsALargeResponseWhole) {
  LoopbackServer server([](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.body.assign(20'000'000, 'z');
    co_return response;
  });
  RawClient client(server.port());
  client.send(get_one);
  EXPECT_EQ(body_of(client.read_response()).size(), 20'000'000u);
}

TEST(HttpServer, StreamsEventsAsTheyArePushedAndEndsWhenTheStreamCloses) {
  const auto stream = std::make_shared<ResponseStream>();
  LoopbackServer server([stream](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.content_type = "text/event-stream";
    response.stream = stream;
    co_return response;
  });
  RawClient client(server.port());
  client.send(get_one);
  EXPECT_EQ(status_of(client.read_response()), 200);
  server.io().on([&] { return stream->push("data: 1\n\n"); });
  server.io().on([&] { return stream->push("data: 2\n\n"); });
  server.io().on([&] { stream->close(); });
  EXPECT_EQ(client.read_all(), "data: 1\n\ndata: 2\n\n");
}

TEST(HttpServer, DropsAStreamWhoseClientReadsTooSlowly) {
  const auto stream = std::make_shared<ResponseStream>(64 * 1024);
  LoopbackServer server([stream](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.stream = stream;
    co_return response;
  });
  RawClient client(server.port());
  client.send(get_one);
  client.read_response();
  bool taken = true;
  for (int i = 0; i < 100'000 && taken; ++i) {
    taken = server.io().on([&] { return stream->push(std::string(1024, 'e')); });
  }
  EXPECT_FALSE(taken);
  EXPECT_TRUE(server.io().on([&] { return stream->dropped(); }));
}

TEST(HttpServer, DropsAStreamWhoseClientWentAway) {
  const auto stream = std::make_shared<ResponseStream>();
  LoopbackServer server([stream](HttpRequest) -> asio::awaitable<HttpResponse> {
    HttpResponse response;
    response.stream = stream;
    co_return response;
  });
  auto client = std::make_unique<RawClient>(server.port());
  client->send(get_one);
  client->read_response();
  client.reset();
  while (!server.io().on([&] { return stream->dropped(); })) std::this_thread::yield();
  EXPECT_FALSE(server.io().on([&] { return stream->push("late"); }));
}

TEST(HttpServer, DrainsByFinishingWhatIsInFlightAndClosingWhatIsIdle) {
  std::promise<void> entered;
  auto gate = std::make_shared<std::unique_ptr<asio::steady_timer>>();
  LoopbackServer server([&entered, gate](HttpRequest request) -> asio::awaitable<HttpResponse> {
    if (request.path == "/slow") {
      *gate = std::make_unique<asio::steady_timer>(co_await asio::this_coro::executor,
                                                   asio::steady_timer::time_point::max());
      entered.set_value();
      boost::system::error_code ec;
      co_await (*gate)->async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
    co_return co_await echo(std::move(request));
  });
  RawClient idle(server.port());
  idle.send(get_one);
  idle.read_response();
  RawClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.get_future().get();
  auto drained =
      asio::co_spawn(server.io().executor(), server.server().drain(10'000), asio::use_future);
  EXPECT_TRUE(idle.closed_by_peer());
  server.io().on([&] { (*gate)->cancel(); });
  const std::string answer = busy.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  busy.socket().close();
  drained.get();
  EXPECT_EQ(server.stats().connections, 0u);
  EXPECT_THROW(RawClient{server.port()}, boost::system::system_error);
  server.io().on([&] { gate->reset(); });  // a timer may not outlive its io_context
}

TEST(HttpServer, DrainCutsOffAtItsDeadline) {
  LoopbackServer server([](HttpRequest) -> asio::awaitable<HttpResponse> {
    asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::seconds(1));
    co_await never.async_wait(asio::use_awaitable);
    co_return HttpResponse{};
  });
  RawClient client(server.port());
  client.send(get_one);
  while (server.stats().requests == 0) std::this_thread::yield();
  server.io().await(server.server().drain(20));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(HttpServer, RefusesAnAddressInUseAndOneThatIsNone) {
  LoopbackServer server;
  HttpServer second(server.io().executor(), echo);
  EXPECT_EQ(second.listen("127.0.0.1", server.port()).error().code, Errc::conflict);
  EXPECT_EQ(second.listen("nowhere", 0).error().code, Errc::config);
}

}  // namespace
}  // namespace subnetd::net
