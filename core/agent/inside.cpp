// SPDX-License-Identifier: 0BSD
// What the program that an agent is part of asks of it, without HTTP.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "agent/core.hpp"
#include "plugin/crash_file.hpp"

namespace subnetd::agent {
namespace asio = boost::asio;

namespace {

std::unexpected<Error> has_stopped() {
  return fail(Errc::unavailable, "the host has stopped", "start another");
}

}  // namespace

Result<net::HttpResponse> Agent::call(net::HttpRequest request) {
  if (plugin::PluginCall::current().slot != nullptr) {
    return fail(Errc::conflict, "a plugin may not call the host that waits for it",
                "keep what you want to say, and say it from a thread of your own");
  }
  if (core_->draining) return has_stopped();
  request.arrival_ms = net::utc_ms();
  try {
    return asio::co_spawn(core_->io, core_->api->inside(std::move(request)), asio::use_future)
        .get();
  } catch (const std::future_error&) {  // it stopped meanwhile
    return has_stopped();
  } catch (const std::exception& error) {
    return fail(Errc::internal, std::string("a handler failed: ") + error.what());
  }
}

void Agent::subscribe(std::function<void(std::string_view)> sink) {
  asio::post(core_->io, [core = core_.get(), sink = std::move(sink)] {
    const auto stream = core->subscribe();
    stream->on_change([raw = stream.get(), sink] {
      if (const auto events = raw->take()) sink(*events);
    });
  });
}

}  // namespace subnetd::agent
