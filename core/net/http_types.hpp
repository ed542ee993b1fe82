// SPDX-License-Identifier: 0BSD
// What an HTTP handler is given and gives back. Plain values without Boost, so that every room can
// include them. A ResponseStream belongs to the io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/error.hpp"

namespace subnetd::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

std::int64_t utc_ms();     // wall clock, milliseconds since 1970
std::int64_t steady_ms();  // monotonic, for measuring

struct HttpRequest {
  std::string method;
  std::string target;   // as sent: path and query, ASCII
  std::string path;     // target up to '?', still percent-encoded
  std::string query;    // target after '?'
  HttpHeaders headers;  // names in lower case, in the order sent
  std::string body;
  std::string peer;             // the client's address without port
  std::int64_t arrival_ms = 0;  // UTC, when the last byte was read on the io thread

  // The first value of a header, empty when absent; `name` in lower case.
  std::string_view header(std::string_view name) const;
};

// A response body that grows: server-sent events. Bounded: a client that reads slower than events
// come is dropped. Keep one shared_ptr where events arise, put the other into HttpResponse::stream.
class ResponseStream {
 public:
  explicit ResponseStream(std::size_t bytes_max = 256 * 1024) : bytes_max_(bytes_max) {}

  // False when the client is gone or was too slow; forget the stream then.
  bool push(std::string chunk);
  void close();  // sends what is queued, then ends the response
  bool closed() const { return closed_ || dropped_; }

  // The server's side.
  void on_change(std::function<void()> wake) { wake_ = std::move(wake); }
  std::optional<std::string> take();  // everything queued, empty when nothing is
  void drop();                        // the client is gone
  bool dropped() const { return dropped_; }

 private:
  void notify();

  std::size_t bytes_max_;
  std::string queued_;
  std::function<void()> wake_;
  bool closed_ = false;
  bool dropped_ = false;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  HttpHeaders headers;
  std::string body;
  std::shared_ptr<ResponseStream> stream;  // when set: `body`, then what is pushed, then close
  bool close = false;                      // end the connection after this response
};

// {"error":{"code","message","hint"}} with the status that fits the Errc. Retry-After on 429, 503.
HttpResponse error_response(const Error& error);
int http_status_of(Errc code);

// All but letters, digits and "-_.~" as %41: one segment of a path, or a value of a query.
std::string percent_encode(std::string_view text);
// "%41" -> "A"; empty when a '%' is not followed by two hex digits. '+' stays.
std::optional<std::string> percent_decode(std::string_view text);
// The pairs of a query, decoded ('+' is a space); Errc::malformed on bad escapes or over 64 pairs.
Result<HttpHeaders> parse_query(std::string_view query);

}  // namespace subnetd::net
