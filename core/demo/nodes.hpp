// SPDX-License-Identifier: 0BSD
// The demo's miners and validators: each a real HTTP server on a loopback port of its own. A miner
// serves POST /method/generate by one of the models; a validator serves POST /method/validate
// (validation contract 1), asks the miner over HTTP and checks what it says. They share one thread
// of their own; the functions here are called on another.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "demo/judge.hpp"
#include "domain/error.hpp"

namespace subnetd::demo {

enum class Quality {
  good,
  slow,     // right, but late
  lying,    // well-formed, and wrong
  garbage,  // no JSON
  dead,     // nobody listens
};
const char* quality_name(Quality quality);

struct NodesCore;

class Nodes {
 public:
  Nodes();
  ~Nodes();  // ends every server
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  // The endpoint to register.
  Result<std::string> start_miner(Task task, Quality quality);
  Result<std::string> start_validator(std::vector<Task> tasks);
  // As if its process had been killed.
  void kill(const std::string& endpoint);

 private:
  std::unique_ptr<NodesCore> core_;
};

}  // namespace subnetd::demo
