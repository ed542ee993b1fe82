// SPDX-License-Identifier: 0BSD
#include "net/spawn.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>

namespace subnetd::net {
namespace {

void to_stderr(std::string_view name, std::string_view what) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
               static_cast<int>(what.size()), what.data());
}

std::atomic<FaultSink> fault_sink{&to_stderr};

}  // namespace

FaultSink set_fault_sink(FaultSink sink) {
  return fault_sink.exchange(sink == nullptr ? &to_stderr : sink);
}

void report_fault(std::string_view name, std::string_view what) noexcept {
  fault_sink.load()(name, what);
}

void spawn(const boost::asio::any_io_executor& executor, const char* name,
           boost::asio::awaitable<void> body) {
  boost::asio::co_spawn(executor, std::move(body), [name](std::exception_ptr escaped) {
    if (!escaped) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
      report_fault(name, error.what());
    } catch (...) {
      report_fault(name, "an exception that is no std::exception");
    }
  });
}

}  // namespace subnetd::net
