// SPDX-License-Identifier: 0BSD
// Validator plugins in C++: a class with begin, step and forget becomes a subnet.validator/1. It
// works on one request or reply at a time; an exception ends that request alone, as a plugin
// failure.
#pragma once

#include <concepts>

#include "context.hpp"
#include "validator.h"

namespace subnet {

// One request. Borrowed for the call: keep copies in the session.
class validate_request {
 public:
  explicit validate_request(const sbn_validate_request* raw) : raw_(raw) {}
  uint64_t number() const { return raw_->request; }
  std::string_view request_id() const { return to_view(raw_->request_id); }
  std::string_view model_type() const { return to_view(raw_->model_type); }
  std::string_view name_space() const { return to_view(raw_->name_space); }
  std::string_view miner_protocol() const { return to_view(raw_->miner_protocol); }
  std::string_view miner_method() const { return to_view(raw_->miner_method); }
  std::string_view miner_json() const { return to_view(raw_->miner_json); }
  std::string_view challenge() const { return to_view(raw_->challenge); }
  uint32_t validators() const { return raw_->validators; }
  uint32_t deadline_ms() const { return raw_->deadline_ms; }

 private:
  const sbn_validate_request* raw_;
};

class reply {
 public:
  explicit reply(const sbn_reply* raw) : raw_(raw) {}
  uint64_t request() const { return raw_->request; }
  uint32_t tag() const { return raw_->tag; }
  int32_t outcome() const { return raw_->outcome; }
  bool delivered() const { return raw_->outcome == SBN_REPLY_DELIVERED; }
  uint32_t http_status() const { return raw_->http_status; }
  std::string_view body() const { return to_view(raw_->body); }
  uint64_t elapsed_us() const { return raw_->elapsed_us; }

 private:
  const sbn_reply* raw_;
};

// What to send, of one request.
struct probe {
  uint32_t tag = 0;
  uint32_t target = SBN_TARGET_MINER;
  std::string_view protocol = {};  // empty: the target's own
  std::string_view method = {};
  std::string_view body = {};
  uint64_t reply_bytes_max = 0;
  uint32_t deadline_ms = 0;
};

// The host's ears. Both calls copy.
class validate_sink {
 public:
  explicit validate_sink(const sbn_validate_sink* raw) : raw_(raw) {}
  void send(uint64_t request, const probe& what) {
    const sbn_probe row{sizeof(sbn_probe),
                        0,
                        request,
                        what.tag,
                        what.target,
                        to_str(what.protocol),
                        to_str(what.method),
                        to_str(what.body),
                        what.reply_bytes_max,
                        what.deadline_ms,
                        0};
    raw_->probe(raw_->ctx_host, &row);
  }
  void scored(uint64_t request, uint32_t validator, uint32_t score_ppm,
              std::string_view reason = {}) {
    verdict(request, SBN_VERDICT_SCORED, validator, score_ppm, reason);
  }
  void miner_failed(uint64_t request, uint32_t validator, std::string_view reason) {
    verdict(request, SBN_VERDICT_MINER_FAILED, validator, 0, reason);
  }
  void validator_failed(uint64_t request, uint32_t validator, std::string_view reason) {
    verdict(request, SBN_VERDICT_VALIDATOR_FAILED, validator, 0, reason);
  }
  void plugin_failed(uint64_t request, std::string_view reason) {
    verdict(request, SBN_VERDICT_PLUGIN_FAILED, 0, 0, reason);
  }

 private:
  void verdict(uint64_t request, int32_t outcome, uint32_t validator, uint32_t score_ppm,
               std::string_view reason) {
    const sbn_verdict row{sizeof(sbn_verdict), outcome,   request,
                          score_ppm,           validator, to_str(reason)};
    raw_->verdict(raw_->ctx_host, &row);
  }
  const sbn_validate_sink* raw_;
};

namespace detail {

template <class T>
concept names_begin = requires { &T::begin; };

template <class T>
concept good_begin =
    requires(T& object, const call& call, const validate_request& request, validate_sink& sink) {
      { object.begin(call, request, sink) } -> std::same_as<void>;
    };
template <class T>
concept good_step = requires(T& object, const call& call, const reply& reply, validate_sink& sink) {
  { object.step(call, reply, sink) } -> std::same_as<void>;
};
template <class T>
concept good_forget = requires(T& object, uint64_t request) {
  { object.forget(request) } -> std::same_as<void>;
};
template <class T>
concept explains_type = requires(T& object, std::string_view model_type) {
  { object.explain(model_type) } -> std::convertible_to<std::string>;
};

template <class T>
struct validator_slots {
  // Runs body for one request; what it throws becomes that request's verdict.
  template <class Body>
  static void one(uint64_t request, validate_sink& sink, Body&& body) {
    sbn_error thrown;
    thrown.msg_len = 0;
    if (guard(&thrown, [&] { return body(), SBN_OK; }) != SBN_OK)
      sink.plugin_failed(request, {thrown.msg, thrown.msg_len});
  }
  static sbn_status begin(void* self, const sbn_call* raw, const sbn_validate_request* requests,
                          uint64_t stride, uint64_t n, const sbn_validate_sink* ears,
                          sbn_error* err) noexcept {
    return guard(err, [&] {
      validate_sink sink(ears);
      const char* row = reinterpret_cast<const char*>(requests);
      for (uint64_t i = 0; i < n; ++i, row += stride) {
        const auto* request = reinterpret_cast<const sbn_validate_request*>(row);
        one(request->request, sink,
            [&] { object_of<T>(self).begin(call(raw), validate_request(request), sink); });
      }
      return SBN_OK;
    });
  }
  static sbn_status step(void* self, const sbn_call* raw, const sbn_reply* replies, uint64_t stride,
                         uint64_t n, const sbn_validate_sink* ears, sbn_error* err) noexcept {
    return guard(err, [&] {
      validate_sink sink(ears);
      const char* row = reinterpret_cast<const char*>(replies);
      for (uint64_t i = 0; i < n; ++i, row += stride) {
        const auto* came = reinterpret_cast<const sbn_reply*>(row);
        one(came->request, sink, [&] { object_of<T>(self).step(call(raw), reply(came), sink); });
      }
      return SBN_OK;
    });
  }
  static void forget(void* self, uint64_t request) noexcept {
    guard(nullptr, [&] { return object_of<T>(self).forget(request), SBN_OK; });
  }
  static sbn_status explain(void* self, const sbn_call*, sbn_str model_type, sbn_sink sink,
                            sbn_error* err) noexcept {
    return guard(err, [&]() -> sbn_status {
      if constexpr (explains_type<T>) {
        return tell(sink, object_of<T>(self).explain(to_view(model_type)));
      } else {
        return SBN_E_UNSUPPORTED;
      }
    });
  }
  static constexpr sbn_validator table{sizeof(sbn_validator), 0, &begin, &step, &forget, &explain};
};

}  // namespace detail
}  // namespace subnet
