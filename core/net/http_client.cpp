// SPDX-License-Identifier: 0BSD
#include "net/http_client.hpp"

#include <netdb.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include "net/byte_buffer.hpp"
#include "net/http_parse.hpp"

namespace subnetd::net {

namespace asio = boost::asio;
using asio::ip::tcp;

struct ClientCore {
  ClientCore(asio::any_io_executor on, ClientOptions with)
      : executor(std::move(on)), options(std::move(with)) {}

  asio::any_io_executor executor;
  ClientOptions options;
  std::optional<asio::thread_pool> lookups;  // started by the first name
  std::size_t looking_up = 0;
  std::size_t in_flight = 0;
  bool closing = false;
};

namespace {

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 1024;
constexpr std::size_t body_read_bytes = 4096;
using Answers = std::vector<tcp::endpoint>;

struct Target {
  Endpoint endpoint;
  std::string path;  // with query; never empty
};

std::unexpected<FetchError> fault(FetchFault kind, std::string detail) {
  FetchError error;
  error.fault = kind;
  error.detail = std::move(detail);
  error.code = Errc::peer;
  error.message = endpoint_unreachable;
  switch (kind) {
    case FetchFault::refused: error.code = Errc::refused; break;
    case FetchFault::resolve:
    case FetchFault::connect: break;
    case FetchFault::tls: error.message = "the endpoint's TLS cannot be trusted"; break;
    case FetchFault::timeout:
      error.code = Errc::timeout;
      error.message = "the endpoint did not answer in time";
      break;
    case FetchFault::early_close: error.message = "the endpoint ended before its reply did"; break;
    case FetchFault::too_large:
      error.code = Errc::too_large;
      error.message = "the endpoint's reply is too large";
      break;
    case FetchFault::malformed: error.message = "the endpoint's reply is no HTTP"; break;
    case FetchFault::unavailable:
      error.code = Errc::unavailable;
      error.message = "no more outgoing calls can be made now";
      break;
  }
  return std::unexpected<FetchError>(std::move(error));
}

bool is_ours(const boost::system::error_code& ec) {
  return ec == boost::system::errc::too_many_files_open ||
         ec == boost::system::errc::too_many_files_open_in_system ||
         ec == boost::system::errc::no_buffer_space ||
         ec == boost::system::errc::not_enough_memory ||
         ec == boost::system::errc::address_not_available;
}

Result<Target> parse_target(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?", from), url.size());
  Target target;
  SUBNETD_TRY(target.endpoint, parse_endpoint(url.substr(0, path)));
  target.path = std::string(url.substr(path));
  if (target.path.empty() || target.path.front() != '/') target.path.insert(0, "/");
  for (const char c : target.path) {
    if (c <= 0x20 || c >= 0x7F || c == '#') {
      return fail(Errc::malformed, "the URL's path holds bytes that must be percent-encoded");
    }
  }
  return target;
}

bool is_clean(const FetchRequest& request) {
  const auto clean = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
  };
  if (request.method.empty() || request.method.find_first_of(" \r\n\t") != std::string::npos) {
    return false;
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !clean(name) || !clean(value)) return false;
  }
  return true;
}

std::string compose(const FetchRequest& request, const Target& target) {
  std::string out;
  out.reserve(256 + request.body.size());
  out.append(request.method).append(" ").append(target.path).append(" HTTP/1.1\r\nHost: ");
  out.append(target.endpoint.authority()).append("\r\nConnection: close\r\n");
  for (const auto& [name, value] : request.headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  const bool bodiless = request.method == "GET" || request.method == "HEAD";
  if (!bodiless || !request.body.empty()) {
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  out.append("\r\n").append(request.body);
  return out;
}

// What one call owns. The timer is the deadline of all of it: it closes the socket.
struct Call : std::enable_shared_from_this<Call> {
  explicit Call(std::shared_ptr<ClientCore> with)
      : core(std::move(with)),
        socket(core->executor),
        deadline(core->executor),
        answered(core->executor) {
    ++core->in_flight;
  }
  ~Call() { --core->in_flight; }

  void start(std::int64_t deadline_ms) {
    deadline.expires_after(std::chrono::milliseconds(deadline_ms));
    deadline.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      const auto self = weak.lock();
      if (ec || !self) return;
      self->late = true;
      boost::system::error_code ignored;
      self->socket.close(ignored);
      self->answered.cancel();
    });
  }
  void finish() {
    deadline.cancel();
    boost::system::error_code ec;
    socket.close(ec);
  }
  std::unexpected<FetchError> broken(FetchFault kind, const boost::system::error_code& ec) const {
    if (late) return fault(FetchFault::timeout, "the deadline passed");
    return fault(is_ours(ec) ? FetchFault::unavailable : kind, ec.message());
  }

  std::shared_ptr<ClientCore> core;
  tcp::socket socket;
  asio::steady_timer deadline;
  asio::steady_timer answered;  // cancelled when names are resolved
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls;
  TlsContext tls_context;
  ByteBuffer buffer;
  std::string out;
  HttpReply reply;
  Answers answers;
  std::string lookup_error;
  bool looked_up = false;
  bool late = false;
};
using CallPtr = std::shared_ptr<Call>;

Answers look_up(const std::string& host, std::uint16_t port, std::string& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  Answers answers;
  if (const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found); status != 0) {
    error = gai_strerror(status);
    return answers;
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    tcp::endpoint endpoint;
    endpoint.resize(one->ai_addrlen);
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.port(port);
    answers.push_back(endpoint);
  }
  freeaddrinfo(found);
  return answers;
}

// A literal is its own answer; a name is asked for once, off the io thread.
asio::awaitable<std::expected<void, FetchError>> resolve(CallPtr call, Endpoint endpoint) {
  boost::system::error_code ec;
  const auto literal = asio::ip::make_address(endpoint.host, ec);
  if (!ec) {
    call->answers.emplace_back(literal, endpoint.port);
    co_return std::expected<void, FetchError>{};
  }
  ClientCore& core = *call->core;
  if (core.closing || core.looking_up >= core.options.lookups_max) {
    co_return fault(FetchFault::unavailable, "too many names are being resolved");
  }
  if (!core.lookups) core.lookups.emplace(4);
  ++core.looking_up;
  // The call goes to the lookup thread and back: a lookup thread must never be its last owner.
  asio::post(*core.lookups, [call, endpoint]() mutable {
    std::string error;
    Answers answers = look_up(endpoint.host, endpoint.port, error);
    const auto executor = call->core->executor;
    asio::post(executor, [call = std::move(call), answers = std::move(answers),
                          error = std::move(error)]() mutable {
      --call->core->looking_up;
      call->answers = std::move(answers);
      call->lookup_error = std::move(error);
      call->looked_up = true;
      call->answered.cancel();
    });
  });
  if (!call->late) {
    call->answered.expires_at(asio::steady_timer::time_point::max());
    co_await call->answered.async_wait(with_error);
  }
  if (!call->looked_up) co_return fault(FetchFault::timeout, "resolving the name took too long");
  if (call->answers.empty()) co_return fault(FetchFault::resolve, call->lookup_error);
  co_return std::expected<void, FetchError>{};
}

// To the judged addresses only, one after the other.
asio::awaitable<std::expected<void, FetchError>> connect(CallPtr call) {
  const AddressPolicy& policy = call->core->options.policy;
  if (auto judged = check_answers(call->answers, policy); !judged) {
    co_return fault(FetchFault::refused, "the address guard denies what the name resolves to");
  }
  boost::system::error_code last;
  for (const tcp::endpoint& answer : call->answers) {
    boost::system::error_code ec;
    call->socket.close(ec);
    call->socket.open(answer.protocol(), ec);
    if (!ec) {
      call->socket.set_option(tcp::no_delay(true), ec);
      auto [failed] = co_await call->socket.async_connect(answer, with_error);
      ec = failed;
    }
    if (call->late) co_return call->broken(FetchFault::timeout, ec);
    last = ec;
    if (ec) continue;
    const auto remote = call->socket.remote_endpoint(ec);
    boost::system::error_code local_ec;
    const auto local = call->socket.local_endpoint(local_ec);
    if (ec || local_ec) {
      last = ec ? ec : local_ec;
      continue;
    }
    if (!policy.permits_connection(answer, local, remote)) {
      co_return fault(FetchFault::refused, "the address guard denies the connected peer");
    }
    co_return std::expected<void, FetchError>{};
  }
  co_return call->broken(FetchFault::connect, last);
}

asio::awaitable<std::expected<void, FetchError>> handshake(CallPtr call, std::string host) {
  auto& context = call->core->options.tls;
  if (!context) {
    auto made = client_tls();
    if (!made) co_return fault(FetchFault::tls, made.error().message);
    context = std::move(*made);
  }
  call->tls_context = context;
  call->tls = std::make_unique<asio::ssl::stream<tcp::socket&>>(call->socket, *context);
  boost::system::error_code ec;
  (void)asio::ip::make_address(host, ec);
  if (ec) SSL_set_tlsext_host_name(call->tls->native_handle(), host.c_str());
  call->tls->set_verify_callback(asio::ssl::host_name_verification(host), ec);
  auto [failed] = co_await call->tls->async_handshake(asio::ssl::stream_base::client, with_error);
  if (failed) co_return call->broken(FetchFault::tls, failed);
  co_return std::expected<void, FetchError>{};
}

asio::awaitable<boost::system::error_code> write(CallPtr call) {
  std::size_t done = 0;
  while (done < call->out.size()) {
    const auto rest = asio::buffer(call->out.data() + done, call->out.size() - done);
    if (call->tls) {
      auto [ec, bytes] = co_await call->tls->async_write_some(rest, with_error);
      if (ec) co_return ec;
      done += bytes;
    } else {
      auto [ec, bytes] = co_await call->socket.async_write_some(rest, with_error);
      if (ec) co_return ec;
      done += bytes;
    }
  }
  std::string().swap(call->out);  // the wait for the reply should not hold it
  co_return boost::system::error_code{};
}

asio::awaitable<boost::system::error_code> read_some(CallPtr call, std::size_t bytes) {
  const auto into = call->buffer.prepare(bytes);
  if (call->tls) {
    auto [ec, got] = co_await call->tls->async_read_some(into, with_error);
    call->buffer.commit(ec ? 0 : got);
    co_return ec;
  }
  auto [ec, got] = co_await call->socket.async_read_some(into, with_error);
  call->buffer.commit(ec ? 0 : got);
  co_return ec;
}

FetchFault fault_of(const boost::system::error_code& ec) {
  if (ec == bhttp::error::body_limit || ec == bhttp::error::header_limit) {
    return FetchFault::too_large;
  }
  return ec == bhttp::error::partial_message || ec == bhttp::error::end_of_stream
             ? FetchFault::early_close
             : FetchFault::malformed;
}

// Reads one message; a 1xx is a message of its own.
asio::awaitable<std::expected<void, FetchError>> read_reply(CallPtr call, bool is_head,
                                                            std::size_t reply_bytes_max) {
  HttpReply& reply = call->reply;
  ReplyParser parser(reply.status, reply.headers, reply.body);
  parser.header_limit(limits::http_header_bytes_max);
  parser.body_limit(reply_bytes_max);
  if (is_head) parser.skip(true);
  boost::system::error_code ec;
  for (;;) {
    if (!call->buffer.empty()) {
      const std::string_view bytes = call->buffer.view();
      const std::size_t used = parser.put(asio::buffer(bytes.data(), bytes.size()), ec);
      call->buffer.consume(used);
      if (ec && ec != bhttp::error::need_more) co_return fault(fault_of(ec), ec.message());
      if (parser.is_done()) co_return std::expected<void, FetchError>{};
      if (call->buffer.view().size() > limits::http_header_bytes_max) {
        co_return fault(FetchFault::malformed, "a header or chunk line without end");
      }
    }
    const std::size_t wanted = parser.is_header_done() ? body_read_bytes : read_bytes;
    const auto failed = co_await read_some(call, wanted);
    if (!failed) continue;
    if (call->late) co_return fault(FetchFault::timeout, "the deadline passed");
    if (failed != asio::error::eof) co_return fault(FetchFault::early_close, failed.message());
    // Beast takes nothing at all for a whole message.
    if (!parser.got_some()) co_return fault(FetchFault::early_close, "closed without a reply");
    parser.put_eof(ec = {});
    if (ec) co_return fault(FetchFault::early_close, "closed before the reply was complete");
    co_return std::expected<void, FetchError>{};
  }
}

asio::awaitable<std::expected<void, FetchError>> exchange(CallPtr call, const FetchRequest& request,
                                                          const Target& target) {
  SUBNETD_CO_CHECK(co_await resolve(call, target.endpoint));
  SUBNETD_CO_CHECK(co_await connect(call));
  if (target.endpoint.tls) SUBNETD_CO_CHECK(co_await handshake(call, target.endpoint.host));
  call->out = compose(request, target);
  // A peer may answer and close before it has read everything: look for a reply all the same.
  const auto unsent = co_await write(call);
  if (call->late) co_return fault(FetchFault::timeout, "the deadline passed while sending");
  constexpr int interim_max = 4;
  for (int interim = 0; interim <= interim_max; ++interim) {
    call->reply = HttpReply{};
    auto read = co_await read_reply(call, request.method == "HEAD", request.reply_bytes_max);
    if (!read && unsent && !call->late) co_return call->broken(FetchFault::early_close, unsent);
    if (!read) co_return read;
    if (call->reply.status >= 200) co_return std::expected<void, FetchError>{};
  }
  co_return fault(FetchFault::malformed, "too many interim replies");
}

}  // namespace

const char* fetch_fault_name(FetchFault kind) {
  switch (kind) {
    case FetchFault::refused: return "refused";
    case FetchFault::resolve: return "resolve";
    case FetchFault::connect: return "connect";
    case FetchFault::tls: return "tls";
    case FetchFault::timeout: return "timeout";
    case FetchFault::early_close: return "early_close";
    case FetchFault::too_large: return "too_large";
    case FetchFault::malformed: return "malformed";
    case FetchFault::unavailable: return "unavailable";
  }
  return "malformed";
}

HttpClient::HttpClient(asio::any_io_executor executor, ClientOptions options)
    : core_(std::make_shared<ClientCore>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() {
  core_->closing = true;
  if (!core_->lookups) return;
  core_->lookups->stop();
  core_->lookups->join();
}

std::size_t HttpClient::in_flight() const {
  return core_->in_flight;
}

asio::awaitable<FetchResult> HttpClient::fetch(FetchRequest request) {
  const std::int64_t began_ms = steady_ms();
  auto target = parse_target(request.url);
  if (!target) co_return fault(FetchFault::refused, target.error().message);
  if (!is_clean(request)) co_return fault(FetchFault::refused, "a header would end its line");
  const auto call = std::make_shared<Call>(core_);
  call->start(request.deadline_ms);
  auto outcome = co_await exchange(call, request, *target);
  call->finish();
  if (!outcome) co_return std::unexpected<FetchError>(std::move(outcome.error()));
  HttpReply& reply = call->reply;
  reply.arrived_ms = utc_ms();
  reply.arrived_steady_ms = steady_ms();
  reply.elapsed_ms = reply.arrived_steady_ms - began_ms;
  co_return std::move(reply);
}

}  // namespace subnetd::net
