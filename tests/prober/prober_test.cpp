// SPDX-License-Identifier: 0BSD
// The prober against real servers on loopback ports.
#include "prober/prober.hpp"

#include <sys/resource.h>

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <set>
#include <stdexcept>

#include "net/loopback.hpp"
#include "net/spawn.hpp"

namespace subnetd::prober {
namespace {

namespace asio = boost::asio;
using net::IoThread;

// A server that keeps every request until it is told to answer, and counts how many it keeps.
class Gate {
 public:
  explicit Gate(IoThread& io) : io_(io) {
    server_ = io_.on([&] {
      return std::make_unique<net::HttpServer>(
          io_.executor(), [this](net::HttpRequest r) { return answer(std::move(r)); });
    });
    port_ = io_.on([&] { return *server_->listen("127.0.0.1", 0); });
  }
  ~Gate() {
    io_.on([&] { server_.reset(); });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void open() {
    io_.on([&] {
      open_ = true;
      for (auto& timer : kept_) timer->cancel();
    });
  }
  // Answers one request, once there is one.
  void let_one() {
    while (!io_.on([&] { return !kept_.empty(); })) std::this_thread::yield();
    io_.on([&] {
      kept_.front()->cancel();
      kept_.pop_front();
    });
  }
  std::size_t most() const { return most_; }
  std::size_t served() const { return served_; }
  std::uint64_t accepted() {
    return io_.on([&] { return server_->stats().accepted; });
  }

 private:
  asio::awaitable<net::HttpResponse> answer(net::HttpRequest request) {
    most_ = std::max<std::size_t>(most_, ++here_);
    if (!open_) {
      const auto timer = std::make_shared<asio::steady_timer>(io_.executor());
      timer->expires_at(asio::steady_timer::time_point::max());
      kept_.push_back(timer);
      boost::system::error_code ec;
      co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
    --here_;
    ++served_;
    net::HttpResponse response;
    response.body = request.body;
    co_return response;
  }

  IoThread& io_;
  std::unique_ptr<net::HttpServer> server_;
  std::uint16_t port_ = 0;
  bool open_ = false;
  std::size_t here_ = 0;
  std::atomic<std::size_t> most_{0}, served_{0};
  std::deque<std::shared_ptr<asio::steady_timer>> kept_;
};

// A prober on an io thread, and every reply it gave, by tag.
class Field {
 public:
  explicit Field(ProberLimits limits = {}, bool allow_private = true) {
    net::ClientOptions options;
    options.policy.allow_private = allow_private;
    prober_ = io.on([&] {
      return std::make_unique<Prober>(io.executor(), std::move(options), limits);
    });
  }
  ~Field() {
    io.on([&] { prober_.reset(); });
  }
  void send(std::uint32_t tag, const std::string& url, std::uint32_t deadline_ms = 20'000) {
    io.on([&] { send_here(tag, url, deadline_ms); });
  }
  // On the io thread.
  void send_here(std::uint32_t tag, const std::string& url, std::uint32_t deadline_ms) {
    Probe probe;
    probe.request = 7;
    probe.tag = tag;
    probe.body = "{\"tag\":" + std::to_string(tag) + "}";
    probe.deadline_ms = deadline_ms;
    prober_->send(std::move(probe), {url, Protocol::module, "generate"},
                  [this](Reply reply) { replies_.emplace(reply.tag, std::move(reply)); });
  }
  ProberStats stats() {
    return io.on([&] { return prober_->stats(); });
  }
  std::multimap<std::uint32_t, Reply> wait_for(std::size_t count) {
    while (io.on([&] { return replies_.size(); }) < count) std::this_thread::yield();
    return io.on([&] { return replies_; });
  }
  Prober& prober() { return *prober_; }

  IoThread io;

 private:
  std::unique_ptr<Prober> prober_;
  std::multimap<std::uint32_t, Reply> replies_;
};

// A port on which nobody listens.
std::uint16_t free_port() {
  asio::io_context io;
  net::tcp::acceptor taken(io, {asio::ip::address_v4::loopback(), 0});
  return taken.local_endpoint().port();
}

TEST(ProbeRequest, FollowsTheTargetsProtocol) {
  Probe probe;
  probe.body = R"({"prompt":"hi"})";
  const Target module{"http://n:1/", Protocol::module, "generate"};
  EXPECT_EQ(probe_request(probe, module).url, "http://n:1/method/generate");
  EXPECT_EQ(probe_request(probe, module).body, R"({"params":{"prompt":"hi"}})");
  const Target classic{"http://n:1", Protocol::classic, "generate"};
  EXPECT_EQ(probe_request(probe, classic).url, "http://n:1/generate/");
  EXPECT_EQ(probe_request(probe, classic).body, R"({"args":[],"kwargs":{"prompt":"hi"}})");
  const Target openai{"http://n:1", Protocol::openai, "chat/completions"};
  EXPECT_EQ(probe_request(probe, openai).url, "http://n:1/v1/chat/completions");
  EXPECT_EQ(probe_request(probe, openai).body, probe.body);
}

TEST(ProbeRequest, LetsTheProbeOverrideProtocolAndMethod) {
  Probe probe;
  probe.protocol = "module";
  probe.method = "validate";
  const auto request = probe_request(probe, {"http://n:1", Protocol::openai, "generate"});
  EXPECT_EQ(request.url, "http://n:1/method/validate");
  EXPECT_EQ(request.body, R"({"params":{}})");
}

TEST(ProbeRequest, IsSignedForAModuleServerThatHasAKeyAndForNobodyElse) {
  const commune::KeyPair key = commune::KeyPair::generate();
  const std::string target = commune::KeyPair::generate().address();
  Probe probe;
  probe.body = R"({"prompt":"hi"})";
  const Target keyed{"http://n:1", Protocol::module, "generate", target};
  const auto call = probe_request(probe, keyed, &key);
  EXPECT_EQ(call.body, R"({"params": {"prompt": "hi", "target_key": ")" + target + "\"}}");
  std::map<std::string, std::string> headers(call.headers.begin(), call.headers.end());
  const std::string signed_text = call.body.substr(0, call.body.size() - 1) +
                                  ", \"timestamp\": \"" + headers["X-Timestamp"] + "\"}";
  EXPECT_EQ(headers["X-Key"], commune::hex_encode(key.public_key()));
  EXPECT_TRUE(commune::verify(commune::Scheme::sr25519, key.public_key(),
                              commune::bytes_of(signed_text),
                              commune::hex_array<64>(headers["X-Signature"]).value()));
  for (const Target& plain :
       {Target{"http://n:1", Protocol::module, "generate", ""},
        Target{"http://n:1", Protocol::classic, "generate", target},
        Target{"http://n:1", Protocol::openai, "chat/completions", target}}) {
    EXPECT_EQ(probe_request(probe, plain, &key).headers.size(), 1u);
  }
  EXPECT_EQ(probe_request(probe, keyed).headers.size(), 1u);
}

TEST(ProbeRequest, NeverAsksForMoreThanTheCapOnReplies) {
  Probe probe;
  EXPECT_EQ(probe_request(probe, {}).reply_bytes_max, limits::reply_bytes_max);
  probe.reply_bytes_max = limits::reply_bytes_max + 1;
  EXPECT_EQ(probe_request(probe, {}).reply_bytes_max, limits::reply_bytes_max);
  probe.reply_bytes_max = 10;
  EXPECT_EQ(probe_request(probe, {}).reply_bytes_max, 10u);
}

TEST(Prober, BringsBackStatusBodyAndWhoseReplyItIs) {
  Field field;
  Gate gate(field.io);
  gate.open();
  field.send(3, gate.url());
  const Reply reply = field.wait_for(1).find(3)->second;
  EXPECT_EQ(reply.request, 7u);
  EXPECT_EQ(reply.outcome, ReplyOutcome::delivered);
  EXPECT_EQ(reply.http_status, 200u);
  EXPECT_EQ(reply.body, R"({"params":{"tag":3}})");
}

TEST(Prober, HasAtMostSoManyInFlightToOneEndpoint) {
  Field field({.in_flight_max = 100, .per_endpoint_max = 2});
  Gate gate(field.io);
  for (std::uint32_t tag = 0; tag < 10; ++tag) field.send(tag, gate.url());
  EXPECT_EQ(field.stats().in_flight, 2u);
  EXPECT_EQ(field.stats().waiting, 8u);
  gate.open();
  field.wait_for(10);
  EXPECT_EQ(gate.most(), 2u);
  EXPECT_EQ(field.stats().waiting, 0u);
}

TEST(Prober, HasAtMostSoManyInFlightInTotal) {
  Field field({.in_flight_max = 3, .per_endpoint_max = 2});
  Gate a(field.io), b(field.io), c(field.io);
  std::uint32_t tag = 0;
  for (int round = 0; round < 4; ++round) {
    for (const Gate* gate : {&a, &b, &c}) field.send(tag++, gate->url());
  }
  EXPECT_EQ(field.stats().in_flight, 3u);
  EXPECT_EQ(field.stats().waiting, 9u);
  for (Gate* gate : {&a, &b, &c}) gate->open();
  EXPECT_EQ(field.wait_for(12).size(), 12u);
  EXPECT_EQ(field.stats().in_flight, 0u);
}

TEST(Prober, FillsAFreeFlightPastThoseWhoseEndpointHasItsFill) {
  Field field({.in_flight_max = 2, .per_endpoint_max = 1});
  Gate a(field.io), b(field.io), c(field.io), d(field.io);
  field.send(1, a.url());
  field.send(2, b.url());
  field.send(3, c.url());
  field.send(4, c.url());
  field.send(5, d.url());
  a.let_one();
  field.wait_for(1);
  b.let_one();
  field.wait_for(2);
  d.let_one();  // c still keeps its first: d must not wait for it
  EXPECT_TRUE(field.wait_for(3).contains(5));
  c.open();
  EXPECT_EQ(field.wait_for(5).size(), 5u);
}

TEST(Prober, EndsAsTimeoutWhatIsNotAnsweredInTime) {
  Field field;
  Gate gate(field.io);
  field.send(1, gate.url(), 40);
  EXPECT_EQ(field.wait_for(1).begin()->second.outcome, ReplyOutcome::timeout);
}

TEST(Prober, BlamesNobodyForWhatWaitedHalfItsTimeUnsent) {
  Field field({.in_flight_max = 1, .per_endpoint_max = 1});
  Gate gate(field.io);
  field.send(1, gate.url(), 80);
  field.send(2, gate.url(), 40);
  const auto replies = field.wait_for(2);
  EXPECT_EQ(replies.find(1)->second.outcome, ReplyOutcome::timeout);
  EXPECT_EQ(replies.find(2)->second.outcome, ReplyOutcome::unsent);
  EXPECT_EQ(field.stats().sent, 1u);
  EXPECT_EQ(field.stats().unsent, 1u);
}

TEST(Prober, EndsThousandsThatWaitedTooLongWithoutNesting) {
  Field field({.in_flight_max = 1, .per_endpoint_max = 1});
  Gate gate(field.io);
  constexpr std::size_t count = 20'000;
  field.io.on([&] {
    for (std::uint32_t tag = 0; tag < count; ++tag) field.send_here(tag, gate.url(), 100);
  });
  EXPECT_EQ(field.wait_for(count).size(), count);
  EXPECT_EQ(field.stats().in_flight, 0u);
}

TEST(Prober, TriesAgainWhenTheConnectionIsRefused) {
  Field field;
  const std::uint16_t port = free_port();
  std::unique_ptr<net::HttpServer> server;
  field.send(1, "http://127.0.0.1:" + std::to_string(port));
  // Watched on the io thread itself, so that the server is there before the pause is over.
  std::function<void()> watch = [&] {
    if (field.prober().stats().retried == 0) return asio::post(field.io.executor(), watch);
    server = std::make_unique<net::HttpServer>(field.io.executor(), net::echo);
    ASSERT_TRUE(server->listen("127.0.0.1", port).has_value());
  };
  field.io.on([&] { watch(); });
  EXPECT_EQ(field.wait_for(1).begin()->second.outcome, ReplyOutcome::delivered);
  field.io.on([&] { server.reset(); });
}

TEST(Prober, GivesUpAfterThreeRefusedConnections) {
  Field field;
  field.send(1, "http://127.0.0.1:" + std::to_string(free_port()));
  EXPECT_EQ(field.wait_for(1).begin()->second.outcome, ReplyOutcome::unreachable);
  EXPECT_EQ(field.stats().sent, 3u);
  EXPECT_EQ(field.stats().retried, 2u);
}

TEST(Prober, BlamesNoNodeWhileOurOwnDescriptorsAreUsedUp) {
  Field field;
  Gate gate(field.io);
  gate.open();
  {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    const rlimit few{std::min<rlim_t>(256, files.rlim_max), files.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    const net::NoDescriptors none;
    field.send(1, gate.url());
    while (field.stats().retried < 4 && field.stats().failed == 0) std::this_thread::yield();
    setrlimit(RLIMIT_NOFILE, &files);
  }
  const auto replies = field.wait_for(1);
  EXPECT_EQ(replies.find(1)->second.outcome, ReplyOutcome::delivered);
}

TEST(Prober, SendsOnceWhatWasAnsweredWithAnError) {
  Field field;
  net::LoopbackServer server([](net::HttpRequest) -> asio::awaitable<net::HttpResponse> {
    net::HttpResponse response;
    response.status = 503;
    co_return response;
  });
  field.send(1, "http://127.0.0.1:" + std::to_string(server.port()));
  const Reply reply = field.wait_for(1).begin()->second;
  EXPECT_EQ(reply.outcome, ReplyOutcome::delivered);
  EXPECT_EQ(reply.http_status, 503u);
  EXPECT_EQ(server.stats().requests, 1u);
}

TEST(Prober, CallsEachSinkExactlyOnceWhateverHappens) {
  Field field({.in_flight_max = 7, .per_endpoint_max = 3});
  Gate good(field.io), silent(field.io);
  good.open();
  const std::string dead = "http://127.0.0.1:" + std::to_string(free_port());
  const std::vector<std::string> urls{good.url(), silent.url(), dead, "http://[::1", "ftp://x"};
  constexpr std::uint32_t count = 100;
  for (std::uint32_t tag = 0; tag < count; ++tag) field.send(tag, urls[tag % urls.size()], 300);
  const auto replies = field.wait_for(count);
  std::set<std::uint32_t> tags;
  for (const auto& [tag, reply] : replies) tags.insert(tag);
  EXPECT_EQ(tags.size(), count);
  EXPECT_EQ(replies.size(), count);
  const ProberStats stats = field.stats();
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.waiting, 0u);
  EXPECT_EQ(stats.delivered + stats.failed, count);
}

TEST(Prober, FreesTheFlightOfASinkThatThrows) {
  Field field({.in_flight_max = 1, .per_endpoint_max = 1});
  Gate gate(field.io);
  gate.open();
  net::set_fault_sink([](std::string_view, std::string_view) {});
  field.io.on([&] {
    Probe probe;
    probe.deadline_ms = 20'000;
    field.prober().send(probe, {gate.url(), Protocol::module, "generate"},
                        [](Reply) { throw std::runtime_error("a sink that throws"); });
  });
  field.send(2, gate.url());
  EXPECT_EQ(field.wait_for(1).begin()->second.outcome, ReplyOutcome::delivered);
  net::set_fault_sink(nullptr);
}

TEST(Prober, GivesNoReplyOnceItStopped) {
  Field field({.in_flight_max = 2, .per_endpoint_max = 1});
  Gate a(field.io), b(field.io);
  field.send(1, a.url());
  field.send(2, b.url());
  field.send(3, a.url());  // waits
  field.io.on([&] { field.prober().stop(); });
  field.send(4, b.url());
  EXPECT_EQ(field.stats().waiting, 0u);
  a.open();
  b.open();
  while (field.stats().in_flight != 0) std::this_thread::yield();
  EXPECT_EQ(field.stats().delivered + field.stats().failed, 0u);
}

TEST(Prober, ConnectsToNoPrivateAddressUnlessAllowed) {
  Field field({}, false);
  Gate gate(field.io);
  gate.open();
  field.send(1, gate.url());
  EXPECT_EQ(field.wait_for(1).begin()->second.outcome, ReplyOutcome::unreachable);
  EXPECT_EQ(gate.accepted(), 0u);
  EXPECT_EQ(field.stats().refused, 1u);
  EXPECT_EQ(field.stats().retried, 0u);
}

}  // namespace
}  // namespace subnetd::prober
