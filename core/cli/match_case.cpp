// SPDX-License-Identifier: 0BSD
#include "cli/match_case.hpp"

#include <algorithm>
#include <array>

#include "cli/input_text.hpp"
#include "cli/output.hpp"
#include "domain/limits.hpp"
#include "domain/node.hpp"

namespace subnetd::cli {
namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr std::array<std::string_view, 10> miner_fields{
    "kind", "id", "model_type", "namespace", "task", "protocol", "key", "region", "state", "order"};
constexpr std::array<std::string_view, 9> validator_fields{
    "kind", "id", "model_types", "capacity", "reliability_ppm", "key", "region", "state", "order"};

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// v2 before v10: runs of digits compare as numbers.
bool naturally_before(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    const auto run = [](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t from = at;
      while (at < text.size() && digit(text[at])) ++at;
      return std::string_view(text).substr(from, at - from);
    };
    const std::string_view x = run(a, i), y = run(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if ((i < a.size()) != (j < b.size())) return j < b.size();
  return a < b;
}

// By `order` where it was given, then by id: the order of the lines does not matter.
std::vector<std::uint64_t> ranks(const std::vector<std::string>& ids,
                                 const std::vector<std::uint64_t>& given) {
  std::vector<std::uint32_t> sorted(ids.size());
  for (std::uint32_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
  std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
    return given[a] != given[b] ? given[a] < given[b] : naturally_before(ids[a], ids[b]);
  });
  std::vector<std::uint64_t> out(ids.size());
  for (std::uint64_t rank = 0; rank < sorted.size(); ++rank) out[sorted[rank]] = rank + 1;
  return out;
}

Result<std::uint8_t> slot_state(const json::Fields& fields, bool validator) {
  SUBNETD_TRY(const auto text, fields.maybe_text("state", 1, 16));
  if (!text) return std::uint8_t{SBN_SLOT_OPEN};
  SUBNETD_TRY(const Status status, parse_status(*text));
  if (status == Status::inactive) return std::uint8_t{SBN_SLOT_CLOSED};
  if (status != Status::draining) return std::uint8_t{SBN_SLOT_OPEN};
  return validator ? SBN_SLOT_DRAINING : SBN_SLOT_CLOSED;
}

Error at_line(Error error, const std::string& file, std::size_t line) {
  error.message = file + ":" + std::to_string(line) + ": " + error.message;
  return error;
}

// "miner<TAB>validator" as Rows writes it.
Result<std::pair<std::string, std::string>> tsv_pair(std::string_view line) {
  const std::size_t tab = line.find('\t');
  if (tab == line.npos) return fail(Errc::malformed, "a row is miner, tab, validator");
  SUBNETD_TRY(std::string miner, tsv_unescape(line.substr(0, tab)));
  SUBNETD_TRY(std::string validator, tsv_unescape(line.substr(tab + 1)));
  return std::pair(std::move(miner), std::move(validator));
}

Result<std::pair<std::string, std::string>> json_pair(std::string_view line) {
  SUBNETD_TRY(const json::Value value, json::parse(line, line_bytes_max));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(value));
  SUBNETD_TRY(std::string miner, fields.text("miner", 1, limits::id_bytes_max));
  SUBNETD_TRY(auto validator, fields.maybe_text("validator", 0, limits::id_bytes_max));
  return std::pair(std::move(miner), std::move(validator).value_or(""));
}

}  // namespace

MatchCase::MatchCase(plugin::DetectorChain& detectors, std::uint32_t redundancy)
    : detectors_(detectors), redundancy_(redundancy) {
  type_numbers_.emplace(unknown_model_type, SBN_TYPE_UNKNOWN);
}

std::uint32_t MatchCase::number(std::unordered_map<std::string, std::uint32_t>& numbers,
                                const std::string& name) {
  return numbers.emplace(name, static_cast<std::uint32_t>(numbers.size())).first->second;
}

Result<void> MatchCase::read_nodes(const std::string& file) {
  SUBNETD_CHECK(
      each_line(file, line_bytes_max, [&](std::string_view line, std::size_t at) -> Result<void> {
        if (line.find_first_not_of(" \t") == line.npos) return {};
        const auto value = json::parse(line, line_bytes_max);
        if (!value) return std::unexpected(at_line(value.error(), file, at));
        const json::Object* object = value->if_object();
        if (object == nullptr) {
          return std::unexpected(at_line({Errc::malformed, "not a JSON object", ""}, file, at));
        }
        auto added = add_node(*object);
        if (!added) return std::unexpected(at_line(std::move(added.error()), file, at));
        return {};
      }));
  type_names();
  miners_.order = ranks(miners_.ids, miners_.order);
  validators_.order = ranks(validators_.ids, validators_.order);
  current_.assign(miners_.ids.size() * redundancy_, SBN_NONE);
  load_.assign(validators_.ids.size(), 0);
  return {};
}

Result<void> MatchCase::add_node(const json::Object& object) {
  const json::Fields fields(object);
  SUBNETD_TRY(const std::string kind, fields.text("kind", 1, 16));
  if (kind == "miner") return add_miner(fields);
  if (kind == "validator") return add_validator(fields);
  return fail(Errc::malformed, "kind \"" + kind + "\" is neither miner nor validator");
}

Result<void> MatchCase::put_shared(const json::Fields& fields, Nodes& nodes) {
  SUBNETD_TRY(std::string id, fields.text("id", 1, limits::id_bytes_max));
  SUBNETD_CHECK(check_name("id", id, limits::id_bytes_max));
  SUBNETD_TRY(const auto key, fields.maybe_text("key", 1, limits::key_bytes_max));
  SUBNETD_TRY(const auto region, fields.maybe_text("region", 1, limits::region_bytes_max));
  SUBNETD_TRY(const std::uint8_t state, slot_state(fields, &nodes == &validators_));
  SUBNETD_TRY(const auto order, fields.maybe_whole("order", 0, UINT64_MAX));
  if (miner_index_.contains(id) || validator_index_.contains(id)) {
    return fail(Errc::conflict, "id \"" + id + "\" is already taken");
  }
  auto& index = &nodes == &validators_ ? validator_index_ : miner_index_;
  index.emplace(id, static_cast<std::uint32_t>(nodes.ids.size()));
  nodes.order.push_back(order.value_or(0));
  nodes.ids.push_back(std::move(id));
  nodes.state.push_back(state);
  nodes.owner.push_back(key ? number(owner_numbers_, *key) + 1 : 0);
  nodes.region.push_back(region ? number(region_numbers_, *region) + 1 : 0);
  return {};
}

Result<void> MatchCase::add_validator(const json::Fields& fields) {
  SUBNETD_CHECK(fields.only(validator_fields));
  SUBNETD_TRY(const json::Array* types, fields.array("model_types", limits::specializations_max));
  SUBNETD_TRY(const auto capacity, fields.maybe_whole("capacity", 1, limits::capacity_max));
  SUBNETD_TRY(const auto reliability, fields.maybe_whole("reliability_ppm", 0, ppm_one));
  for (const json::Value& type : *types) {
    if (!type.is_string()) return fail(Errc::malformed, "model_types holds what is no text");
  }
  SUBNETD_CHECK(put_shared(fields, validators_));
  for (const json::Value& type : *types) {
    const std::string name(type.get_string());
    types_.push_back(name == any_type ? SBN_TYPE_ANY : number(type_numbers_, name));
  }
  types_at_.push_back(types_.size());
  capacity_.push_back(static_cast<std::uint32_t>(capacity.value_or(limits::capacity_max)));
  reliability_ppm_.push_back(static_cast<std::uint32_t>(reliability.value_or(ppm_one)));
  return {};
}

Result<void> MatchCase::add_miner(const json::Fields& fields) {
  SUBNETD_CHECK(fields.only(miner_fields));
  SUBNETD_TRY(const auto type, fields.maybe_text("model_type", 1, limits::model_type_bytes_max));
  SUBNETD_TRY(const auto name, fields.maybe_text("namespace", 1, limits::namespace_bytes_max));
  SUBNETD_TRY(const auto task, fields.maybe_text("task", 1, limits::task_bytes_max));
  SUBNETD_TRY(const auto protocol, fields.maybe_text("protocol", 1, 16));
  if (!type && !name) return fail(Errc::malformed, "a miner needs model_type or namespace");
  SUBNETD_CHECK(put_shared(fields, miners_));
  miners_.type.push_back(type ? number(type_numbers_, *type) : SBN_TYPE_UNKNOWN);
  if (!type) {
    untyped_.push_back(
        {miners_.ids.size() - 1, {*name, task.value_or(""), protocol.value_or(default_protocol)}});
  }
  return {};
}

void MatchCase::type_names() {
  std::vector<DetectionSubject> subjects;
  for (Untyped& untyped : untyped_) subjects.push_back(std::move(untyped.subject));
  const std::vector<Detection> answers = detectors_.detect(subjects);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    miners_.type[untyped_[i].miner] = number(type_numbers_, answers[i].model_type);
  }
  untyped_.clear();
}

Result<void> MatchCase::read_previous(const std::string& file) {
  return each_line(file, line_bytes_max,
                   [&](std::string_view line, std::size_t at) -> Result<void> {
                     if (line.empty() || (at == 1 && line == "miner\tvalidator")) return {};
                     const auto pair = line.starts_with('{') ? json_pair(line) : tsv_pair(line);
                     if (!pair) return std::unexpected(at_line(pair.error(), file, at));
                     auto added = add_previous(pair->first, pair->second);
                     if (!added)
                       return std::unexpected(at_line(std::move(added.error()), file, at));
                     return {};
                   });
}

bool MatchCase::serves(std::uint32_t validator, std::uint32_t type) const {
  for (auto i = types_at_[validator]; i < types_at_[validator + 1]; ++i) {
    if (types_[i] == SBN_TYPE_ANY) return true;
    if (types_[i] == type && type != SBN_TYPE_UNKNOWN) return true;
  }
  return false;
}

// A row whose nodes are gone, or that breaks a hard rule now, is as if it had never been.
Result<void> MatchCase::add_previous(const std::string& miner, const std::string& validator) {
  const auto m = miner_index_.find(miner);
  const auto v = validator_index_.find(validator);
  if (m == miner_index_.end() || v == validator_index_.end()) return {};
  if (miners_.state[m->second] != SBN_SLOT_OPEN) return {};
  if (validators_.state[v->second] == SBN_SLOT_CLOSED) return {};
  if (!serves(v->second, miners_.type[m->second])) return {};
  const std::uint32_t owner = validators_.owner[v->second];
  if (owner != 0 && owner == miners_.owner[m->second]) return {};
  if (load_[v->second] >= capacity_[v->second]) return {};
  const auto first = current_.begin() + std::ptrdiff_t{m->second} * redundancy_;
  if (std::find(first, first + redundancy_, v->second) != first + redundancy_) {
    return fail(Errc::malformed, miner + " and " + validator + " stand in two rows");
  }
  const auto free = std::find(first, first + redundancy_, SBN_NONE);
  if (free == first + redundancy_) {
    return fail(Errc::malformed,
                miner + " has more than " + std::to_string(redundancy_) + " validators",
                "--redundancy says how many there are");
  }
  *free = v->second;
  ++load_[v->second];
  return {};
}

sbn_match_view MatchCase::view(std::uint64_t seed, std::uint64_t move_budget) const {
  sbn_match_view view{};
  view.struct_size = sizeof(view);
  view.redundancy = redundancy_;
  view.revision = 1;
  view.miner_count = miners_.ids.size();
  view.miner_state = miners_.state.data();
  view.miner_type = miners_.type.data();
  view.miner_owner = miners_.owner.data();
  view.miner_region = miners_.region.data();
  view.miner_order = miners_.order.data();
  view.current = current_.data();
  view.validator_count = validators_.ids.size();
  view.validator_state = validators_.state.data();
  view.validator_capacity = capacity_.data();
  view.validator_reliability_ppm = reliability_ppm_.data();
  view.validator_owner = validators_.owner.data();
  view.validator_region = validators_.region.data();
  view.validator_order = validators_.order.data();
  view.validator_types_at = types_at_.data();
  view.validator_types = types_.data();
  for (int i = 0; i < 8; ++i) view.seed[i] = static_cast<std::uint8_t>(seed >> (8 * i));
  view.move_budget = move_budget;
  return view;
}

void MatchCase::apply(std::span<const sbn_match_move> moves) {
  for (const sbn_match_move& move : moves) {
    current_[std::size_t{move.miner} * redundancy_ + move.copy] = move.validator;
  }
}

}  // namespace subnetd::cli
