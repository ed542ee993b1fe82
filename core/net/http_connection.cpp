// SPDX-License-Identifier: 0BSD
#include "net/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "net/spawn.hpp"

namespace subnetd::net {
namespace {

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t body_read_bytes = 16 * 1024;
constexpr std::size_t joined_bytes_max = 8 * 1024;  // bodies up to this ride in the head's buffer

bool has_control(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return true;
  }
  return false;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (has_control(name) || has_control(value)) return;  // never let a value end its line
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view reason_phrase(int status) {
  const auto phrase = bhttp::obsolete_reason(static_cast<bhttp::status>(status));
  return {phrase.data(), phrase.size()};
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, tcp::socket socket, std::string ip_key)
    : core_(std::move(core)), socket_(std::move(socket)), ip_key_(std::move(ip_key)) {
  boost::system::error_code ec;
  socket_.set_option(tcp::no_delay(true), ec);
  socket_.non_blocking(true, ec);
  const auto remote = socket_.remote_endpoint(ec);
  if (!ec) peer_ = remote.address().to_string();
  if (core_->options.tls) {
    tls_context_ = core_->options.tls;
    tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, *tls_context_);
  }
  place = core_->connections.size();
  core_->connections.push_back(this);
  ++core_->per_ip[ip_key_];
  enter(tls_ ? Phase::handshake : Phase::idle);
}

Connection::~Connection() {
  if (stream_) {
    stream_->on_change({});
    stream_->drop();
  }
  auto& all = core_->connections;
  all[place] = all.back();
  all[place]->place = place;
  all.pop_back();
  const auto ip = core_->per_ip.find(ip_key_);
  if (--ip->second == 0) core_->per_ip.erase(ip);
  if (all.empty()) core_->drained.cancel();
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  since_ms_ = steady_ms();
  moved_bytes_ = 0;
}

bool Connection::expired(std::int64_t now_ms) const {
  const ServerLimits& limits = core_->options.limits;
  const std::int64_t elapsed_ms = now_ms - since_ms_;
  const auto too_slow = [&](std::int64_t grace_ms) {
    const std::int64_t counted_ms = elapsed_ms - grace_ms;
    return counted_ms > 0 && moved_bytes_ * 1000 < limits.bytes_per_second_min *
                                                       static_cast<std::uint64_t>(counted_ms);
  };
  switch (phase_) {
    case Phase::handshake: return elapsed_ms > limits.handshake_ms;
    case Phase::idle: return elapsed_ms > limits.idle_ms;
    case Phase::header: return elapsed_ms > limits.header_deadline_ms;
    case Phase::linger: return elapsed_ms > limits.linger_ms;
    case Phase::body: return too_slow(limits.body_grace_ms);
    case Phase::write: return too_slow(limits.write_grace_ms);
    case Phase::handler:
    case Phase::stream: return false;
  }
  return false;
}

void Connection::expire() {
  if (phase_ != Phase::idle && phase_ != Phase::linger) ++core_->stats.timeouts;
  const bool may_answer = phase_ == Phase::header || phase_ == Phase::body;
  boost::system::error_code ec;
  if (may_answer && !late_) {
    late_ = true;
    socket_.cancel(ec);
  } else {
    socket_.close(ec);
  }
}

void Connection::begin_drain() {
  keep_alive_ = false;
  if (stream_) stream_->close();
  if (phase_ == Phase::idle || phase_ == Phase::handshake) cut_off();
}

void Connection::cut_off() {
  boost::system::error_code ec;
  socket_.close(ec);
  if (stream_) stream_->drop();
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  if (self->tls_) {
    auto [ec] = co_await self->tls_->async_handshake(asio::ssl::stream_base::server, with_error);
    if (ec) co_return;
    self->enter(Phase::idle);
  }
  for (;;) {
    const Read read = co_await self->read_request();
    if (read == Read::gone) co_return;
    if (read == Read::refused) {
      co_await self->refuse();
      break;
    }
    if (!co_await self->answer()) co_return;
    if (!self->keep_alive_) break;
  }
  co_await self->linger();
}

asio::awaitable<std::size_t> Connection::read_some(asio::mutable_buffer into) {
  if (tls_) {
    auto [ec, bytes] = co_await tls_->async_read_some(into, with_error);
    co_return ec ? 0 : bytes;
  }
  auto [ec, bytes] = co_await socket_.async_read_some(into, with_error);
  co_return ec ? 0 : bytes;
}

asio::awaitable<bool> Connection::more(std::size_t bytes) {
  if (late_) co_return false;
  const std::size_t got = co_await read_some(buffer_.prepare(bytes));
  buffer_.commit(got);
  moved_bytes_ += got;
  co_return got > 0;
}

Connection::Read Connection::refused(int status, const char* reason) {
  refusal_ = {status, reason};
  ++core_->stats.refused_requests;
  return Read::refused;
}

Connection::Read Connection::late_or_gone() {
  if (!late_ || !socket_.is_open()) return Read::gone;
  return refused(408, "the request came too slowly");
}

asio::awaitable<Connection::Read> Connection::read_request() {
  request_ = HttpRequest{};
  const Read header = co_await read_header();
  if (header != Read::request) co_return header;
  if (!begin_message()) co_return refused(400, "the header cannot be parsed");
  const std::size_t limit = core_->body_limit(request_.path);
  if (gate_.content_length.value_or(0) > limit) {
    co_return refused(413, "the body is larger than this path takes");
  }
  parser_->body_limit(limit);
  const bool expects_continue = gate_.expects_continue;
  buffer_.consume(scan_.header_bytes());  // the gate's views end here
  gate_.method = gate_.target = {};
  if (!parser_->is_done()) {
    if (expects_continue && buffer_.empty()) {
      enter(Phase::write);
      if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return Read::gone;
    }
    const Read body = co_await read_body();
    if (body != Read::request) co_return body;
  }
  request_.peer = peer_;
  request_.arrival_ms = utc_ms();
  is_head_ = request_.method == "HEAD";
  keep_alive_ = gate_.keep_alive && !core_->draining &&
                ++served_ < core_->options.limits.requests_per_connection_max;
  parser_.reset();
  co_return Read::request;
}

asio::awaitable<Connection::Read> Connection::read_header() {
  const GateLimits& limits = core_->options.limits.gate;
  scan_.restart();
  enter(buffer_.empty() ? Phase::idle : Phase::header);
  for (;;) {
    const auto state = scan_.scan(buffer_.view(), limits);
    if (state == HeaderScan::State::complete) break;
    if (state == HeaderScan::State::refused) {
      co_return refused(scan_.verdict().status, scan_.verdict().reason);
    }
    if (!co_await more(512)) co_return late_or_gone();
    if (phase_ == Phase::idle) enter(Phase::header);
  }
  const std::string_view header = buffer_.view().substr(0, scan_.header_bytes());
  const GateVerdict verdict = check_header(header, limits, gate_);
  if (verdict.status != 0) co_return refused(verdict.status, verdict.reason);
  co_return Read::request;
}

// Hands the gated header to Beast; what both understood must agree.
bool Connection::begin_message() {
  parser_.emplace(request_);
  parser_->header_limit(static_cast<std::uint32_t>(core_->options.limits.gate.header_bytes_max));
  parser_->body_limit(boost::none);
  boost::system::error_code ec;
  const std::size_t bytes = scan_.header_bytes();
  const std::size_t used = parser_->put(asio::buffer(buffer_.view().data(), bytes), ec);
  if (ec && ec != bhttp::error::need_more) return false;
  return used == bytes && parser_->is_header_done() && parser_->chunked() == gate_.chunked &&
         parser_->is_done() == !gate_.has_body();
}

asio::awaitable<Connection::Read> Connection::read_body() {
  enter(Phase::body);
  for (;;) {
    if (!buffer_.empty()) {
      boost::system::error_code ec;
      const std::string_view bytes = buffer_.view();
      const std::size_t used = parser_->put(asio::buffer(bytes.data(), bytes.size()), ec);
      if (ec == bhttp::error::body_limit) {
        co_return refused(413, "the body is larger than this path takes");
      }
      if (ec && ec != bhttp::error::need_more) co_return refused(400, "the body is malformed");
      buffer_.consume(used);
      if (parser_->is_done()) co_return Read::request;
      // What is left is an unfinished chunk line; a long one is no chunk line.
      if (buffer_.view().size() > 256) co_return refused(400, "the chunk line is too long");
    }
    const std::uint64_t left = parser_->content_length_remaining().value_or(body_read_bytes);
    const auto wanted = std::clamp<std::uint64_t>(left, 512, body_read_bytes);
    if (!co_await more(static_cast<std::size_t>(wanted))) co_return late_or_gone();
  }
}

asio::awaitable<bool> Connection::write_all(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    const std::array<asio::const_buffer, 2> both{asio::buffer(head.data(), head.size()),
                                                 asio::buffer(body.data(), body.size())};
    std::size_t wrote = 0;
    boost::system::error_code ec;
    if (tls_) {
      auto [error, bytes] =
          co_await tls_->async_write_some(head.empty() ? both[1] : both[0], with_error);
      ec = error;
      wrote = bytes;
    } else {
      wrote = socket_.write_some(both, ec);
      if (ec == asio::error::would_block) {
        auto [error, bytes] = co_await socket_.async_write_some(both, with_error);
        ec = error;
        wrote = bytes;
      }
    }
    if (ec) co_return false;
    moved_bytes_ += wrote;
    const std::size_t from_head = std::min(wrote, head.size());
    head.remove_prefix(from_head);
    body.remove_prefix(wrote - from_head);
  }
  co_return true;
}

asio::awaitable<bool> Connection::answer() {
  enter(Phase::handler);
  ++core_->stats.requests;
  HttpResponse response;
  std::string fault;
  try {
    response = co_await core_->handler(std::move(request_));
  } catch (const std::exception& error) {
    fault = error.what();
  } catch (...) {
    fault = "an exception that is no std::exception";
  }
  if (!fault.empty()) {
    ++core_->stats.handler_faults;
    report_fault("http handler", fault);
    response = error_response({Errc::internal, "the request failed inside the daemon", ""});
  }
  if (response.stream && core_->stats.streams >= core_->options.limits.streams_max) {
    response.stream->drop();
    response = error_response({Errc::unavailable, "too many event streams are open", ""});
  }
  if (response.stream || response.close || core_->draining) keep_alive_ = false;
  co_return co_await respond(std::move(response));
}

void Connection::compose_head(const HttpResponse& response) {
  char digits[24];
  const auto number = [&](std::size_t value) {
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return std::string_view(digits, static_cast<std::size_t>(end - digits));
  };
  out_.clear();
  out_.append("HTTP/1.1 ").append(number(static_cast<std::size_t>(response.status)));
  out_.append(" ").append(reason_phrase(response.status)).append("\r\n");
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless && !response.content_type.empty()) {
    append_field(out_, "Content-Type", response.content_type);
  }
  if (!bodiless && !response.stream) {
    append_field(out_, "Content-Length", number(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) append_field(out_, name, value);
  if (!keep_alive_) {
    out_ += "Connection: close\r\n";
  } else if (!gate_.http11) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += "\r\n";
}

asio::awaitable<bool> Connection::respond(HttpResponse response) {
  compose_head(response);
  const bool no_body = is_head_ || response.status == 204 || response.status == 304;
  std::string_view body = no_body ? std::string_view{} : std::string_view(response.body);
  if (body.size() <= joined_bytes_max) {
    out_ += body;
    body = {};
  }
  enter(Phase::write);
  const bool written = co_await write_all(out_, body);
  if (out_.capacity() > 2 * joined_bytes_max) std::string().swap(out_);
  if (!written) {
    if (response.stream) response.stream->drop();
    co_return false;
  }
  if (response.stream) {
    ++core_->stats.streams;
    co_await run_stream(std::move(response.stream));
    --core_->stats.streams;
  }
  co_return true;
}

asio::awaitable<void> Connection::run_stream(std::shared_ptr<ResponseStream> stream) {
  stream_ = stream;
  stream_wake_ = std::make_unique<asio::steady_timer>(socket_.get_executor());
  stream->on_change([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->stream_) return;
    boost::system::error_code ec;
    if (self->stream_->dropped()) self->socket_.close(ec);
    self->stream_wake_->cancel();
  });
  if (core_->draining) stream->close();
  spawn(socket_.get_executor(), "http stream", watch_peer(shared_from_this()));
  while (!stream->dropped()) {
    if (auto chunk = stream->take()) {
      enter(Phase::write);
      if (!co_await write_all(*chunk, {})) break;
      enter(Phase::stream);
      continue;
    }
    if (stream->closed()) break;
    enter(Phase::stream);
    stream_wake_->expires_at(asio::steady_timer::time_point::max());
    co_await stream_wake_->async_wait(with_error);
  }
  stream->on_change({});
  stream->drop();
  stream_.reset();
  keep_alive_ = false;
}

// Reads and forgets while a stream runs, to notice that the client went away.
asio::awaitable<void> Connection::watch_peer(std::shared_ptr<Connection> self) {
  std::array<char, 64> ignored;
  while (co_await self->read_some(asio::buffer(ignored)) > 0) {
  }
  if (self->stream_) self->stream_->drop();
}

asio::awaitable<void> Connection::refuse() {
  keep_alive_ = false;
  is_head_ = false;
  parser_.reset();
  const Errc code = refusal_.status == 413   ? Errc::too_large
                    : refusal_.status == 408 ? Errc::timeout
                                             : Errc::malformed;
  HttpResponse response = error_response({code, refusal_.reason, ""});
  response.status = refusal_.status;
  co_await respond(std::move(response));
}

// Lets the client read the answer: closing with unread bytes would reset the connection under it.
asio::awaitable<void> Connection::linger() {
  enter(Phase::linger);
  boost::system::error_code ec;
  if (!socket_.is_open()) co_return;
  if (tls_) {
    co_await tls_->async_shutdown(with_error);
  }
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  std::array<char, 1024> ignored;
  for (;;) {
    auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(ignored), with_error);
    if (error) co_return;
  }
}

}  // namespace subnetd::net
