// SPDX-License-Identifier: 0BSD
// What every plugin class may use: settings, log, metrics, generator, executor, and the failure
// type. The exception barrier `guard` is around every slot: nothing thrown by a plugin crosses the
// ABI. A context lives as long as its instance. Its functions are thread-safe except
// metrics::define, which belongs into the constructor.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi.h"
#include "host.h"

namespace subnet {

inline constexpr uint32_t ppm_one = 1'000'000;

constexpr sbn_str to_str(std::string_view text) {
  return {text.data(), text.size()};
}
constexpr std::string_view to_view(sbn_str text) {
  return text.len == 0 ? std::string_view{} : std::string_view{text.data, text.len};
}

// Throw it anywhere in a plugin: the host is given the status and the message.
class failure : public std::runtime_error {
 public:
  failure(sbn_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  sbn_status status() const { return status_; }

 private:
  sbn_status status_;
};

// One call of the host: its clock, deadline (0 in 1.0: none) and temporaries.
class call {
 public:
  explicit call(const sbn_call* raw) : raw_(raw) {}
  int64_t now_ms() const { return raw_->now_ms; }
  uint64_t deadline_ns() const { return raw_->deadline_ns; }
  uint64_t seed() const { return raw_->seed; }
  const sbn_call* raw() const { return raw_; }

  // Uninitialised memory for n values, freed by the host. Throws bad_alloc. Take it before
  // parallel_for, not in its body: only the thread of the call may.
  template <class T>
  std::span<T> scratch(size_t n) const {
    static_assert(std::is_trivially_destructible_v<T>, "scratch memory runs no destructors");
    void* memory = raw_->scratch ? raw_->scratch(raw_, n * sizeof(T), alignof(T)) : nullptr;
    if (memory == nullptr && n != 0) throw std::bad_alloc();
    return {static_cast<T*>(memory), n};
  }

 private:
  const sbn_call* raw_;
};

namespace detail {

template <class Table>
const Table* service(const sbn_host* host, std::string_view id) {
  if (host == nullptr || host->service == nullptr) return nullptr;
  return static_cast<const Table*>(host->service(host->ctx_host, to_str(id)));
}

inline sbn_status report(sbn_error* err, sbn_status status, const char* message) noexcept {
  if (err != nullptr) {
    const size_t length = std::min(std::strlen(message), sizeof(err->msg));
    err->code = status;
    err->msg_len = static_cast<uint32_t>(length);
    std::memcpy(err->msg, message, length);
  }
  return status;
}

template <class Body>
sbn_status guard(sbn_error* err, Body&& body) noexcept {
  try {
    return body();
  } catch (const failure& caught) {
    return report(err, caught.status(), caught.what());
  } catch (const std::bad_alloc&) {
    return report(err, SBN_E_NOMEM, "out of memory");
  } catch (const std::exception& caught) {
    return report(err, SBN_E_INTERNAL, caught.what());
  } catch (...) {
    return report(err, SBN_E_INTERNAL, "an exception of unknown type");
  }
}

inline void require(bool holds, const char* message) {
  if (!holds) throw failure(SBN_E_INVALID, message);
}

}  // namespace detail

// The instance's settings by dotted path ("cases.0.method"). A value of another type than asked for
// is a failure that names the path; an absent one gives the fallback.
class settings {
 public:
  settings(const sbn_host* host, std::string_view json)
      : host_(host),
        table_(detail::service<sbn_settings>(host, SBN_SERVICE_SETTINGS)),
        json_(json) {}

  std::string_view json() const { return json_; }

  int64_t i64(std::string_view path, int64_t fallback) const {
    int64_t value = fallback;
    return read(path, &sbn_settings::get_i64, &value, "an integer") ? value : fallback;
  }
  double f64(std::string_view path, double fallback) const {
    double value = fallback;
    return read(path, &sbn_settings::get_f64, &value, "a number") ? value : fallback;
  }
  bool flag(std::string_view path, bool fallback) const {
    uint32_t value = 0;
    return read(path, &sbn_settings::get_bool, &value, "true or false") ? value != 0 : fallback;
  }
  std::string text(std::string_view path, std::string_view fallback) const {
    sbn_str value{};
    return std::string(read(path, &sbn_settings::get_str, &value, "a string") ? to_view(value)
                                                                              : fallback);
  }
  // Length of an array; 0 when it is absent.
  uint64_t count(std::string_view path) const {
    uint64_t value = 0;
    return read(path, &sbn_settings::get_count, &value, "an array") ? value : 0;
  }
  std::vector<std::string> texts(std::string_view path, std::vector<std::string> fallback) const {
    uint64_t n = 0;
    if (!read(path, &sbn_settings::get_count, &n, "an array")) return fallback;
    std::vector<std::string> values;
    for (uint64_t i = 0; i < n; ++i)
      values.push_back(text(std::string(path) + '.' + std::to_string(i), ""));
    return values;
  }

 private:
  template <class Slot, class Value>
  bool read(std::string_view path, Slot slot, Value* value, const char* wanted) const {
    if (table_ == nullptr || table_->*slot == nullptr) return false;
    const sbn_status status = (table_->*slot)(host_->ctx_host, to_str(path), value);
    if (status < 0)
      throw failure(SBN_E_CONFIG, "setting " + std::string(path) + " must be " + wanted);
    return status == SBN_OK;
  }

  const sbn_host* host_;
  const sbn_settings* table_;
  std::string json_;
};

// Lines for the operator. Pass a callable to format only when the level is wanted.
class log {
 public:
  explicit log(const sbn_host* host) : host_(host) {}
  bool wants(int32_t level) const {
    return host_ && host_->log && (!host_->log_level || level >= *host_->log_level);
  }
  void debug(std::string_view text) const { write(SBN_LOG_DEBUG, text); }
  void info(std::string_view text) const { write(SBN_LOG_INFO, text); }
  void warn(std::string_view text) const { write(SBN_LOG_WARN, text); }
  void error(std::string_view text) const { write(SBN_LOG_ERROR, text); }

 private:
  void write(int32_t level, std::string_view text) const {
    if (wants(level)) host_->log(host_->ctx_host, level, to_str(text));
  }
  const sbn_host* host_;
};

// Counters and gauges. A host without the service makes them silent.
class metrics {
 public:
  explicit metrics(const sbn_host* host)
      : host_(host), table_(detail::service<sbn_metrics>(host, SBN_SERVICE_METRICS)) {}
  uint32_t counter(std::string_view name, std::string_view help) const {
    return define(SBN_METRIC_COUNTER, name, help);
  }
  uint32_t gauge(std::string_view name, std::string_view help) const {
    return define(SBN_METRIC_GAUGE, name, help);
  }
  void add(uint32_t number, double value) const {
    if (table_) table_->add(host_->ctx_host, number, value);
  }
  void set(uint32_t number, double value) const {
    if (table_) table_->set(host_->ctx_host, number, value);
  }

 private:
  uint32_t define(uint32_t type, std::string_view name, std::string_view help) const {
    uint32_t number = 0;
    if (table_) {
      const sbn_status status =
          table_->define(host_->ctx_host, type, to_str(name), to_str(help), &number);
      if (status < 0) throw failure(status, "the host refused metric " + std::string(name));
    }
    return number;
  }
  const sbn_host* host_;
  const sbn_metrics* table_;
};

// The counter-based generator: a value is a function of (call seed, stream, index).
class rng {
 public:
  explicit rng(const sbn_host* host)
      : host_(host), table_(detail::service<sbn_rng>(host, SBN_SERVICE_RNG)) {}
  uint64_t u64(const call& call, uint64_t stream, uint64_t index) const {
    if (table_ == nullptr) throw failure(SBN_E_UNSUPPORTED, "this host has no " SBN_SERVICE_RNG);
    uint64_t value = 0;
    table_->fill(host_->ctx_host, call.raw(), stream, index * sizeof value, &value, sizeof value);
    return value;
  }

 private:
  const sbn_host* host_;
  const sbn_rng* table_;
};

// Runs a body on threads of the host; in the calling thread where the host has no executor. The
// first exception of a body is thrown again here.
class executor {
 public:
  explicit executor(const sbn_host* host)
      : host_(host), table_(detail::service<sbn_executor>(host, SBN_SERVICE_EXECUTOR)) {}
  uint64_t width() const { return table_ ? table_->width(host_->ctx_host) : 1; }

  template <class Body>
  void parallel_for(uint64_t n, Body&& body) const {
    if (table_ == nullptr) {
      for (uint64_t i = 0; i < n; ++i) body(i);
      return;
    }
    std::vector<std::exception_ptr> thrown(n);
    auto one = [&](uint64_t i) noexcept {
      try {
        body(i);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    };
    using One = decltype(one);
    table_->parallel_for(
        host_->ctx_host, n, [](void* arg, uint64_t i) { (*static_cast<One*>(arg))(i); }, &one);
    for (const std::exception_ptr& caught : thrown)
      if (caught) std::rethrow_exception(caught);
  }

 private:
  const sbn_host* host_;
  const sbn_executor* table_;
};

// Given to the constructor of a plugin class, which may keep a reference.
struct context {
  context(const sbn_host* host, std::string_view settings_json)
      : config(host, settings_json), logger(host), metric(host), random(host), threads(host) {}
  settings config;
  log logger;
  metrics metric;
  rng random;
  executor threads;
};

namespace detail {

// One living component: the context outlives an object that is made with it.
template <class T>
struct instance {
  instance(const sbn_host* host, std::string_view json) : cx(host, json), object(make(cx)) {}
  instance(const sbn_host* host, std::string_view json, std::shared_ptr<T> given)
      : cx(host, json), object(std::move(given)) {}
  static std::shared_ptr<T> make(const context& cx) {
    if constexpr (std::is_constructible_v<T, const context&>) {
      return std::make_shared<T>(cx);
    } else {
      return std::make_shared<T>();
    }
  }
  context cx;
  std::shared_ptr<T> object;
  std::vector<sbn_str> types;  // detectors only
};

template <class T>
T& object_of(void* self) {
  return *static_cast<instance<T>*>(self)->object;
}

inline sbn_status tell(sbn_sink sink, std::string_view text) {
  sink.write(sink.ctx_host, to_str(text));
  return SBN_OK;
}

}  // namespace detail
}  // namespace subnet
