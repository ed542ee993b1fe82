// SPDX-License-Identifier: 0BSD
// Runs open validation requests: plugin says, prober sends, plugin judges. Plugins are called on
// one worker thread, probes fly on the io thread, ends go back to the engine as inputs. Every
// request that is started ends exactly once, at the latest when its deadline and the grace have
// passed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "domain/validation.hpp"
#include "plugin/validator.hpp"
#include "prober/prober.hpp"

namespace subnetd::agent {

struct ValidationStart {
  std::shared_ptr<plugin::Validator> plugin;  // which judges this model type; none: no table does
  ValidationRequest request;
  std::vector<prober::Target> targets;  // by target index
};

struct ValidationEnd {
  std::uint64_t request = 0;
  VerdictOutcome outcome = VerdictOutcome::plugin_failed;
  Ppm score_ppm = 0;
  bool by_agent = false;
  std::string reason;
};

// One probe on its way to the prober; `done` brings the reply back to the worker.
using ProbeSender = std::function<void(Probe, prober::Target)>;
using EndSink = std::function<void(std::vector<ValidationEnd>)>;

class Validations {
 public:
  // `send` is called on the worker thread and must hop to the io thread; `ended` likewise.
  Validations(ProbeSender send, EndSink ended);
  ~Validations();
  Validations(const Validations&) = delete;
  Validations& operator=(const Validations&) = delete;

  void start(std::vector<ValidationStart> starts);   // any thread
  void cancel(std::vector<std::uint64_t> requests);  // any thread
  void replied(Reply reply);                         // any thread
  void run_on_worker(std::function<void()> work);    // any thread
  void stop();

 private:
  struct Session {
    std::shared_ptr<plugin::Validator> plugin;  // the one it began with, whatever came since
    std::vector<prober::Target> targets;
    std::multimap<std::int64_t, std::uint64_t>::iterator deadline;
    std::int64_t deadline_at_ms;
  };
  void begin(std::vector<ValidationStart> starts);
  void step();
  void give_up(std::uint64_t request, std::string reason, std::vector<ValidationEnd>& ended);
  void take(plugin::ValidatorOutput output, std::vector<ValidationEnd>& ended);
  void end(std::uint64_t request, std::vector<ValidationEnd>& ended, ValidationEnd how);
  void expire();

  ProbeSender send_;
  EndSink ended_;
  boost::asio::io_context io_;
  boost::asio::steady_timer timer_{io_};
  std::unordered_map<std::uint64_t, Session> sessions_;
  std::multimap<std::int64_t, std::uint64_t> deadlines_;
  std::vector<Reply> replies_;  // gathered for one step
  bool step_scheduled_ = false;
  std::thread thread_;
};

}  // namespace subnetd::agent
