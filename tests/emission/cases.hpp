// SPDX-License-Identifier: 0BSD
// The chains' vectors as the command line reads them, policies as the daemon loads them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "cli/emission_case.hpp"
#include "plugin/emission.hpp"

namespace subnetd::test {

// How a policy is asked to work.
struct Way {
  std::string mode = "exact", instructions = "auto";
  int threads = 1;
  std::string dust = "drop";
  std::string name() const { return mode + " " + instructions + " " + std::to_string(threads); }
};
// Every instruction path that this machine has, with one thread and with four.
std::vector<Way> ways(const std::string& mode);

json::Value vectors(const std::string& file);

// A policy as the daemon loads it.
Result<std::unique_ptr<plugin::Emission>> open_policy(const std::string& name,
                                                      const json::Object& settings = {});

// Opened once for each policy and way.
class Policies {
 public:
  explicit Policies(Way way) : way_(std::move(way)) {}
  Result<EmissionOutput> compute(const cli::EmissionCase& epoch);
  // A case of the vectors' shape; throws where it is refused.
  json::Object answer(const json::Object& one);

 private:
  Way way_;
  std::map<std::string, std::unique_ptr<plugin::Emission>> open_;
};

json::Object make_case(const std::string& algo, const json::Object& params, json::Object input);
// The pseudo-random case that a generator's numbers stand for.
json::Object generated(const json::Object& generator);
// The fields of `expect` where `have` is further off than `fast` may be: a millionth of a share or
// of the budget, one unit of a u16, and nothing for what decides.
std::string outside_of_fast(const json::Object& expect, const json::Object& have, double budget);
// SHA-256 of the outputs that the algorithm has, in the vectors' canonical form.
std::string digest(const std::string& algo, const json::Object& answer);

}  // namespace subnetd::test
