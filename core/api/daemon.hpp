// SPDX-License-Identifier: 0BSD
// What the HTTP face needs of a running daemon; core/agent implements it. Awaitables resume on the
// io thread they were awaited on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/validation.hpp"
#include "engine/answer.hpp"
#include "engine/input.hpp"
#include "engine/state.hpp"
#include "net/http_types.hpp"

namespace subnetd::api {

// One configured plugin component, as GET /api/v1/plugins shows it; or, without a kind, a plugin
// file in quarantine that nothing uses.
struct PluginView {
  std::string id;  // vendor.plugin/component
  std::string kind;
  std::string version;
  std::string file;
  std::string sha256;
  std::string isolation;  // "inproc" or "process"
  std::uint64_t worker_deaths = 0;
  std::string trust;   // "built-in", "pinned", "signed", …; empty: it did not run
  std::string state;   // "active", "disabled" or "quarantined"
  std::string reason;  // why it is disabled
  std::uint64_t calls = 0;
  std::uint64_t items = 0;
  std::uint64_t failures = 0;
  std::uint64_t busy_ns = 0;
};

// How a validation out of turn ended.
struct ValidationReport {
  std::string request_id;
  bool finished = false;  // false: the deadline passed first
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  std::string validator;  // id, or "@agent"
  std::string reason;
};

struct ReloadAsk {
  bool now = false;     // not only at the edge of an epoch
  bool shadow = false;  // compare what both say of what is there
};

// What became of the last reload.
struct ReloadReport {
  std::string state = "none";  // "none", "staged", "done", "failed" or "replaced" by another
  std::string reason;          // why it failed
  std::vector<std::string> changed;       // keys of the configuration that differ, and take effect
  std::vector<std::string> need_restart;  // keys that differ, and do not
  struct Shadow {
    std::uint64_t miners = 0;         // looked at
    std::uint64_t types_changed = 0;  // that the new detectors call something else
    std::uint64_t moves = 0;          // copies that the new matcher would match otherwise
    std::uint64_t paid_changed = 0;   // nodes that the new policy would pay something else
    std::string paid_error;           // why one of the policies does not say
  };
  std::optional<Shadow> shadow;
};

class Daemon {
 public:
  virtual ~Daemon() = default;

  // A write. The answer arrives once its facts are durable. Detection of Register and Update inputs
  // is filled in by the daemon; now_ms too. Errc::unavailable when the queue is full or draining.
  // `look`, if any, runs like a query of read() on the state that the write has left.
  using AnswerLook = std::function<void(const engine::State&, const engine::Answer&)>;
  virtual boost::asio::awaitable<Result<engine::Answer>> submit(engine::Input input,
                                                                AnswerLook look) = 0;
  boost::asio::awaitable<Result<engine::Answer>> submit(engine::Input input) {
    return submit(std::move(input), {});
  }

  // Runs `query` between turns, on the engine thread, on committed state. Keep it short: at most
  // limits::read_rows_max rows.
  virtual boost::asio::awaitable<Result<void>> read(
      std::function<void(const engine::State&)> query) = 0;

  // Waits for the end of an open request.
  virtual boost::asio::awaitable<ValidationReport> wait_validation(std::uint64_t request,
                                                                   std::int64_t deadline_ms) = 0;

  // What plugins say on a node, line by line: why typed, matched, scored, paid.
  virtual boost::asio::awaitable<std::vector<std::string>> explain(std::string id) = 0;

  virtual boost::asio::awaitable<std::vector<PluginView>> plugins() = 0;

  // Answers once it is staged; when `now`, once it serves. A failure leaves all as it was.
  virtual boost::asio::awaitable<ReloadReport> reload(ReloadAsk ask) = 0;
  virtual const ReloadReport& last_reload() const = 0;

  // Loops that tick, a journal that takes writes, not draining; else why not.
  virtual Result<void> ready() const = 0;
  virtual bool alive() const = 0;

  // A stream of server-sent events: "event: NAME\ndata: {…}\n\n" for what is committed from now on.
  virtual std::shared_ptr<net::ResponseStream> subscribe() = 0;

  virtual std::string metrics() = 0;  // Prometheus text

  // A fresh 32-byte challenge seed.
  virtual Challenge random_seed() = 0;
};

}  // namespace subnetd::api
