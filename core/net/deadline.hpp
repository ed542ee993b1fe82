// SPDX-License-Identifier: 0BSD
// with_deadline(): waits for an awaitable or gives up. The loser is cancelled and has ended when
// this returns, so the awaitable must honour cancellation (every Asio operation but resolve does).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "domain/error.hpp"

namespace subnetd::net {

// Errc::timeout, naming `what`, when the deadline passes first. Exceptions of the awaitable escape.
template <class T>
boost::asio::awaitable<Result<T>> with_deadline(boost::asio::awaitable<T> work,
                                                std::int64_t deadline_ms, std::string what) {
  using namespace boost::asio::experimental::awaitable_operators;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(deadline_ms));
  auto first = co_await (std::move(work) || timer.async_wait(boost::asio::use_awaitable));
  if (first.index() == 1) {
    co_return fail(Errc::timeout,
                   what + " took longer than " + std::to_string(deadline_ms) + " ms");
  }
  if constexpr (std::is_void_v<T>) {
    co_return Result<void>{};
  } else {
    co_return std::get<0>(std::move(first));
  }
}

}  // namespace subnetd::net
