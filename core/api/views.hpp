// SPDX-License-Identifier: 0BSD
// State as the JSON that people and programs read: records, lists, pages. A page has at most
// limits::read_rows_max rows and looks at rows_scanned_max at most, so it may be short and still
// have a next cursor. Called on the engine thread, on committed state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"
#include "domain/node.hpp"
#include "domain/validation.hpp"
#include "engine/state.hpp"

namespace subnetd::api {

inline constexpr std::size_t rows_scanned_max = 16'384;

// 12.34 %
std::string percent(Ppm ppm);
// A count with its noun: "1 miss", "2 misses".
std::string counted(std::uint64_t n, const char* one, const char* more);

const char* outcome_name(VerdictOutcome outcome);
bool has_score(VerdictOutcome outcome);  // scored or carried

// Who reads: where a node listens is shown to the operator and its owner only.
struct Viewer {
  bool is_operator = false;
  std::string key;  // of who signed the request; empty: nobody

  bool owns(std::string_view owner) const { return !key.empty() && key == owner; }
  bool sees_endpoint(std::string_view owner) const { return is_operator || owns(owner); }
};

void append_miner(std::string& out, const engine::State& state, std::uint32_t slot,
                  const Viewer& viewer);
void append_validator(std::string& out, const engine::State& state, std::uint32_t slot,
                      const Viewer& viewer);
void append_match(std::string& out, const engine::State& state, std::uint32_t miner,
                  std::uint32_t copy);
// Errc::not_found when nobody of that role has the id.
Result<std::string> node_view(const engine::State& state, Role role, std::string_view id,
                              const Viewer& viewer);

struct SubnetNames {
  std::string name;
  std::uint32_t netuid = 0;
  std::string version;
  std::string key;  // of the agent: what requests of the module protocol name as their target
};
std::string subnet_view(const engine::State& state, const SubnetNames& names);

// One page of a list: `from` is where the cursor stands.
struct PageAsk {
  std::size_t limit = 100;
  std::uint64_t from = 0;
  Viewer viewer;
  std::string type;  // empty: all
  std::optional<Status> status;
  std::string miner, validator;  // matches only; empty: all
};

Result<std::string> miners_view(const engine::State& state, const PageAsk& ask);
Result<std::string> validators_view(const engine::State& state, const PageAsk& ask);
Result<std::string> matches_view(const engine::State& state, const PageAsk& ask);
// Modules: active miners with a verdict.
Result<std::string> modules_view(const engine::State& state, const PageAsk& ask);
// Mappings by pattern, after `from`.
std::string namespaces_view(const engine::State& state, std::string_view from, std::size_t limit);

// The fields id, role, node and why of an explanation, without the braces around them. What the
// last epoch paid comes from the journal: `last_paid` stands before what this one will.
Result<std::string> explain_view(const engine::State& state, std::string_view id,
                                 const Viewer& viewer, const std::string& last_paid);

// The names of the lists, as their cursors carry them.
inline constexpr std::string_view miners_list = "miners";
inline constexpr std::string_view validators_list = "validators";
inline constexpr std::string_view matches_list = "matches";
inline constexpr std::string_view modules_list = "modules";
inline constexpr std::string_view namespaces_list = "namespaces";

}  // namespace subnetd::api
