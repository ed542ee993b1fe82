// SPDX-License-Identifier: 0BSD
// Beast's message parser writing straight into our own structs: no field container, no body reader.
// Private to the net room: only http_*.cpp include this.
#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>
#include <string>

#include "net/http_types.hpp"

namespace subnetd::net {

namespace bhttp = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastText = boost::beast::string_view;

inline void append_lower(std::string& out, BeastText text) {
  out.reserve(out.size() + text.size());
  for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Shared by both directions: fields and body go to the references given.
template <bool is_request>
class MessageParser : public bhttp::basic_parser<is_request> {
 public:
  MessageParser(HttpHeaders& headers, std::string& body) : headers_(headers), body_(body) {
    this->eager(true);
  }

  bool chunk_extension_seen() const { return chunk_extension_; }
  bool trailer_seen() const { return trailer_; }

 protected:
  void on_field_impl(bhttp::field, BeastText name, BeastText value, BeastError& ec) override {
    if (header_done_) {
      trailer_ = true;
      if (is_request) ec = bhttp::error::bad_field;
      return;
    }
    auto& field = headers_.emplace_back();
    append_lower(field.first, name);
    field.second.assign(value.data(), value.size());
  }
  void on_header_impl(BeastError&) override { header_done_ = true; }
  void on_body_init_impl(boost::optional<std::uint64_t> const& length, BeastError&) override {
    // A length is a promise, not bytes: reserve little until they come.
    if (length) body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 16384)));
  }
  std::size_t on_body_impl(BeastText bytes, BeastError&) override {
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastText extensions, BeastError& ec) override {
    if (extensions.empty() || !is_request) return;
    chunk_extension_ = true;
    ec = bhttp::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, BeastError&) override {
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}

 private:
  HttpHeaders& headers_;
  std::string& body_;
  bool header_done_ = false;
  bool trailer_ = false;
  bool chunk_extension_ = false;
};

class RequestParser final : public MessageParser<true> {
 public:
  explicit RequestParser(HttpRequest& request)
      : MessageParser(request.headers, request.body), request_(request) {}

 private:
  void on_request_impl(bhttp::verb, BeastText method, BeastText target, int, BeastError&) override {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    const std::size_t mark = request_.target.find('?');
    request_.path = request_.target.substr(0, mark);
    if (mark != std::string::npos) request_.query = request_.target.substr(mark + 1);
  }
  void on_response_impl(int, BeastText, int, BeastError&) override {}

  HttpRequest& request_;
};

class ReplyParser final : public MessageParser<false> {
 public:
  ReplyParser(int& status, HttpHeaders& headers, std::string& body)
      : MessageParser(headers, body), status_(status) {}

 private:
  void on_request_impl(bhttp::verb, BeastText, BeastText, int, BeastError&) override {}
  void on_response_impl(int status, BeastText, int, BeastError&) override { status_ = status; }

  int& status_;
};

}  // namespace subnetd::net
