// SPDX-License-Identifier: 0BSD
// A validator plugin's sessions: hands over requests and replies, gathers probes and verdicts, and
// makes sure that every request ends in exactly one verdict, whatever the plugin does. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/validation.hpp"
#include "plugin/instance.hpp"
#include "subnet/validator.h"

namespace subnetd::plugin {

struct ValidatorOutput {
  std::vector<Probe> probes;
  std::vector<Verdict> verdicts;
};

class Validator {
 public:
  explicit Validator(std::unique_ptr<Instance> instance) : instance_(std::move(instance)) {}

  ValidatorOutput begin(std::span<const ValidationRequest> requests);
  ValidatorOutput step(std::span<const Reply> replies);
  void forget(std::uint64_t request);
  Result<std::string> explain(std::string_view model_type);
  std::size_t open() const { return sessions_.size(); }
  Instance& instance() { return *instance_; }

 private:
  struct Session {
    std::uint32_t validators = 0;
    std::uint32_t outstanding = 0;  // probes without reply
    std::uint32_t probes = 0;
    bool ended = false;
    std::uint64_t worker = 0;  // workers that were gone when it began
  };
  struct Ears;
  // What its worker knew of it went with that worker.
  bool is_lost(const Session& session) const {
    return session.worker != instance_->worker_deaths();
  }
  void settle(const char* slot_name, std::span<const std::uint64_t> touched,
              const std::string& fault, Ears& ears);

  std::unique_ptr<Instance> instance_;
  std::unordered_map<std::uint64_t, Session> sessions_;
};

}  // namespace subnetd::plugin
