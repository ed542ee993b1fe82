// SPDX-License-Identifier: 0BSD
// Executes probes: addresses them, signs those for module servers that have a key, sends them,
// gives back what came. Bounded: so many in flight, so many to one endpoint, the rest wait their
// turn; one that has waited for half its time ends as unsent, so that whoever is asked has the
// other half. A connection that is refused is tried again after a jittered pause while time
// remains. Lives on the io thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "commune/key_pair.hpp"
#include "domain/node.hpp"
#include "domain/validation.hpp"
#include "net/http_client.hpp"

namespace subnetd::prober {

// Whom a probe's target index stands for.
struct Target {
  std::string endpoint;
  Protocol protocol = Protocol::module;
  std::string method = default_method;
  std::string key;  // SS58; empty: it is called unsigned
};

using AgentKey = std::shared_ptr<const commune::KeyPair>;

struct ProberLimits {
  std::size_t in_flight_max = limits::probes_in_flight_max;
  std::size_t per_endpoint_max = limits::probes_per_endpoint_max;
};

struct ProberStats {
  std::uint64_t sent = 0;
  std::uint64_t retried = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  // by the address guard, or no URL; part of failed
  std::uint64_t unsent = 0;   // waited too long for a flight or a descriptor; part of failed
  std::size_t in_flight = 0;
  std::size_t waiting = 0;
};

using ReplySink = std::function<void(Reply)>;

class Prober {
 public:
  // `key` signs; null: every call is plain.
  Prober(boost::asio::any_io_executor executor, net::ClientOptions options, ProberLimits limits,
         AgentKey key = nullptr);
  ~Prober();  // stop(); on the io thread, or when it no longer runs
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // `done` is called once, on the io thread, unless stop() comes first. probe.deadline_ms must be
  // set.
  void send(Probe probe, Target target, ReplySink done);
  // From now on no reply is given: what was under way is asked again after a restart, and nobody
  // is blamed for our end. What flies ends by itself, at the latest at its deadline.
  void stop();
  ProberStats stats() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

// The request a probe becomes: URL by protocol, body in that protocol's shape; signed as communex
// signs where `key` and the target's key are there and the protocol is `module`.
net::FetchRequest probe_request(const Probe& probe, const Target& target,
                                const commune::KeyPair* key = nullptr);

}  // namespace subnetd::prober
