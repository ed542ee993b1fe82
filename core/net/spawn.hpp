// SPDX-License-Identifier: 0BSD
// spawn() starts a coroutine and reports an exception that escapes it, by name. It is one of the
// four walls where exceptions stop; asio::detached would swallow them and is not used.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string_view>

namespace subnetd::net {

// Called with the coroutine's name and what it threw; must not throw. The default writes to stderr.
using FaultSink = void (*)(std::string_view name, std::string_view what);

// Returns the sink that was there. Any thread; meant for start-up.
FaultSink set_fault_sink(FaultSink sink);
void report_fault(std::string_view name, std::string_view what) noexcept;

// `name` must outlive the coroutine: a literal.
void spawn(const boost::asio::any_io_executor& executor, const char* name,
           boost::asio::awaitable<void> body);

}  // namespace subnetd::net
