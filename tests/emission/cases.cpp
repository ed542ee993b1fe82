// SPDX-License-Identifier: 0BSD
#include "cases.hpp"

#include <openssl/evp.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "plugin/catalogue.hpp"

namespace subnetd::test {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

bool machine_has(const std::string& path) {
  if (path == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (path != "avx512") return true;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw");
}

// SplitMix64.
struct Draw {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t k) {
    state += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (z ^ (z >> 31)) % k;
  }
};

std::uint64_t number(const json::Object& object, const char* name, std::uint64_t otherwise = 0) {
  const json::Value* value = object.if_contains(name);
  return value == nullptr ? otherwise : value->to_number<std::uint64_t>();
}

std::uint64_t number_of(const json::Value& row, std::size_t at) {
  return row.as_array()[at].to_number<std::uint64_t>();
}

json::Array rows(Draw& draw, std::uint64_t n, std::uint64_t v, const std::vector<std::uint64_t>& p,
                 bool weights) {
  json::Array all;
  for (std::uint64_t i = 0; i < n; ++i) {
    json::Array row;
    for (std::uint64_t j = 0; i < v && j < n; ++j) {
      if (draw.below(1000) >= p[j]) continue;
      const std::uint64_t x = weights ? 1 + draw.below(65535) : draw.below(65536);
      row.emplace_back(json::Array{j, x});
    }
    all.emplace_back(std::move(row));
  }
  return all;
}

void append_row(std::string& out, const json::Value& row) {
  if (row.is_null()) {
    out += 'x';
    return;
  }
  bool first = true;
  for (const json::Value& entry : row.as_array()) {
    if (!first) out += ',';
    first = false;
    out += json::serialize(entry.as_array()[0]) + ':' + json::serialize(entry.as_array()[1]);
  }
}

std::vector<double> numbers(const json::Value& column) {
  std::vector<double> out;
  if (!column.is_array()) return {column.to_number<double>()};
  for (const json::Value& each : column.as_array()) {
    out.push_back(each.is_bool() ? each.get_bool() : each.to_number<double>());
  }
  return out;
}

using BondRow = std::map<std::uint64_t, double>;

BondRow bond_row(const json::Value& entries) {
  BondRow row;
  for (const json::Value& bond : entries.as_array()) {
    row[number_of(bond, 0)] = static_cast<double>(number_of(bond, 1));
  }
  return row;
}

std::string bonds_outside(const json::Array& wanted, const json::Array& have) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].is_null() != have[i].is_null()) return "bonds: a row is left as it is\n";
    if (wanted[i].is_null()) continue;
    BondRow row = bond_row(wanted[i]), found = bond_row(have[i]);
    for (const auto& [column, bond] : found) row.try_emplace(column, 0);
    for (const auto& [column, bond] : row) {
      if (std::abs(found[column] - bond) <= 1) continue;
      return "bond " + std::to_string(i) + " of " + std::to_string(column) + ": wanted " +
             std::to_string(bond) + ", have " + std::to_string(found[column]) + "\n";
    }
  }
  return "";
}

std::string further(std::string_view name, const std::vector<double>& wanted,
                    const std::vector<double>& have, double most) {
  if (wanted.size() != have.size()) return std::string(name) + ": not as long\n";
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::abs(wanted[i] - have[i]) <= most) continue;
    return std::string(name) + "[" + std::to_string(i) + "]: wanted " + std::to_string(wanted[i]) +
           ", have " + std::to_string(have[i]) + "\n";
  }
  return "";
}

}  // namespace

std::string outside_of_fast(const json::Object& expect, const json::Object& have, double budget) {
  static const std::set<std::string, std::less<>> amounts{
      "emission", "miner_emission", "server_emission", "validator_emission", "paid",
      "total_emitted"};
  static const std::set<std::string, std::less<>> decided{"active", "new_permits",
                                                          "founder_emission"};
  std::string out;
  for (const auto& [name, wanted] : expect) {
    const json::Value& found = have.at(name);
    if (name == "raw") {
      for (const auto& [share, bits] : wanted.as_object()) {
        out += further(share, numbers(bits), numbers(found.at(share)), 1e-6 * 4294967296.0);
      }
    } else if (name == "bonds") {
      out += bonds_outside(wanted.as_array(), found.as_array());
    } else {
      const double most = amounts.contains(name) ? 1e-6 * budget : decided.contains(name) ? 0 : 1;
      out += further(name, numbers(wanted), numbers(found), most);
    }
  }
  return out;
}

std::vector<Way> ways(const std::string& mode) {
  std::vector<Way> all;
  for (const char* path : {"plain", "avx2", "avx512"}) {
    if (!machine_has(path)) continue;
    for (const int threads : {1, 4}) all.push_back({mode, path, threads});
  }
  return all;
}

json::Value vectors(const std::string& file) {
  std::ifstream in(SUBNETD_SOURCE_DIR "/tests/vectors/emission/" + file);
  std::stringstream text;
  text << in.rdbuf();
  return must(json::parse(text.str(), 64 * 1024 * 1024));
}

Result<std::unique_ptr<plugin::Emission>> open_policy(const std::string& name,
                                                      const json::Object& settings) {
  // Once: a library that was loaded stays in memory.
  static const auto catalogue = plugin::Catalogue::open({SUBNETD_BINARY_DIR "/plugins"});
  if (!catalogue) return std::unexpected(catalogue.error());
  SUBNETD_TRY(auto offer, catalogue->find("subnet.emission/1", name));
  SUBNETD_TRY(auto instance,
              plugin::Instance::create(offer, json::serialize(settings), "a test", {}));
  return std::make_unique<plugin::Emission>(std::move(instance));
}

Result<EmissionOutput> Policies::compute(const cli::EmissionCase& epoch) {
  auto& policy = open_[epoch.policy];
  if (!policy) {
    json::Object settings;
    if (epoch.policy != "treasury") {
      settings["mode"] = way_.mode;
      settings["instructions"] = way_.instructions;
      settings["threads"] = way_.threads;
      settings["dust"] = way_.dust;
    }
    policy = must(open_policy(epoch.policy, settings));
  }
  return policy->compute(epoch.input, true);
}

json::Object Policies::answer(const json::Object& one) {
  const auto epoch = must(cli::read_emission_case(json::Value(one)));
  const EmissionOutput output = must(compute(epoch));
  json::Object answer = cli::emission_answer(epoch, output);
  answer["raw"] = cli::emission_raw(epoch, output);
  return answer;
}

json::Object make_case(const std::string& algo, const json::Object& params, json::Object input) {
  return {{"algo", algo}, {"params", params}, {"input", std::move(input)}};
}

json::Object generated(const json::Object& g) {
  const std::uint64_t n = number(g, "n"), v = number(g, "v"), density = number(g, "density");
  const std::uint64_t cols = number(g, "cols", 1000), block = number(g, "block", 1'000'000);
  Draw draw{number(g, "seed")};
  std::vector<std::uint64_t> p;
  for (std::uint64_t j = 0; j < n; ++j) p.push_back(draw.below(1000) < cols ? density : 20);
  json::Array stake, registered, updated, permits;
  for (std::uint64_t i = 0; i < n; ++i) {
    stake.emplace_back(i < v ? 1'000'000'000 * (1 + draw.below(1'000'000)) + i : draw.below(1000));
    std::uint64_t at = 1 + draw.below(900'000);
    if (draw.below(100) == 0) at = block - draw.below(300);
    registered.emplace_back(at);
    std::uint64_t last = 0;
    if (i < v) {
      last = block - draw.below(300);
      if (draw.below(50) == 0) last = block - 6000;
    }
    updated.emplace_back(last);
    permits.emplace_back(i < v && draw.below(20) != 0 ? 1 : 0);
  }
  json::Object input{{"block", block},           {"stake", std::move(stake)},
                     {"last_update", updated},   {"registered_at", registered},
                     {"permits", std::move(permits)}};
  input["weights"] = rows(draw, n, v, p, true);
  input["bonds"] = rows(draw, n, v, p, false);
  return input;
}

std::string digest(const std::string& algo, const json::Object& answer) {
  constexpr const char* fields[] = {
      "active",         "consensus",       "ranks",          "trust",
      "incentive",      "dividends",       "validator_trust", "stake_weight",
      "pruning",        "emission",        "miner_emission", "server_emission",
      "validator_emission", "paid",        "new_permits",    "bonds"};
  std::string text;
  for (const std::string field : fields) {
    const json::Value* value = answer.if_contains(field);
    if (value == nullptr || (algo == "subtensor" && field == "paid")) continue;
    text += field + "=";
    bool first = true;
    for (const json::Value& each : value->as_array()) {
      if (!first) text += field == "bonds" ? ';' : ',';
      first = false;
      if (field == "bonds") append_row(text, each);
      else text += json::serialize(each);
    }
    text += '\n';
  }
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), hash, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[hash[i] >> 4];
    hex += "0123456789abcdef"[hash[i] & 15];
  }
  return hex;
}

}  // namespace subnetd::test
