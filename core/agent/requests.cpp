// SPDX-License-Identifier: 0BSD
#include "agent/requests.hpp"

#include <sodium.h>

#include "json/json.hpp"

namespace subnetd::agent {
namespace {

std::string miner_json(const NodeRecord& record, const std::string& model_type) {
  std::string out = "{\"id\":";
  json::append_string(out, record.id);
  out += ",\"key\":";
  json::append_string(out, record.key);
  out += ",\"namespace\":";
  json::append_string(out, record.name_space);
  out += ",\"model_type\":";
  json::append_string(out, model_type);
  out += ",\"endpoint\":";
  json::append_string(out, record.endpoint);
  out += '}';
  return out;
}

prober::Target target_of(const NodeRecord& record) {
  return {record.endpoint, parse_protocol(record.protocol).value_or(Protocol::module),
          record.method, record.key};
}

}  // namespace

std::string request_id(const engine::State& s, std::uint64_t request) {
  return std::to_string(s.boot) + "-" + std::to_string(request);
}

Challenge challenge_of(const Challenge& seed, std::string_view id) {
  Challenge out;
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(id.data()),
                     id.size(), seed.data(), seed.size());
  return out;
}

ValidationStart make_start(const engine::State& s, std::uint64_t request,
                           const PluginSet& plugins) {
  const engine::OpenRequest& open = s.open.at(request);
  const NodeRecord miner = s.miner_record(open.miner);
  ValidationStart start;
  start.request.request = request;
  start.request.request_id = request_id(s, request);
  start.request.model_type = s.type_name(s.columns.type[open.miner]);
  start.request.name_space = miner.name_space;
  start.request.miner_protocol = miner.protocol;
  start.request.miner_method = miner.method;
  start.request.miner_json = miner_json(miner, start.request.model_type);
  start.request.challenge = challenge_of(open.seed, start.request.request_id);
  start.request.deadline_ms = s.settings.deadline_ms;
  start.targets.push_back(target_of(miner));
  if (open.validator != engine::none) {
    start.targets.push_back(target_of(s.validators[open.validator].record));
    start.request.validators = 1;
  }
  const std::size_t rule = plugins.rule_for(start.request.model_type);
  if (rule != PluginSet::no_rule) start.plugin = plugins.validators[rule].validator;
  return start;
}

}  // namespace subnetd::agent
