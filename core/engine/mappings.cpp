// SPDX-License-Identifier: 0BSD
// What operators say that a namespace is. It comes before every detector; what it decided before is
// decided again when it goes, and everything when an operator wants it.
#include <algorithm>

#include "domain/text.hpp"
#include "engine/rooms.hpp"

namespace subnetd::engine {
namespace {

Detection by_mapping(const State& s, const Mapping& mapping) {
  Detection d;
  d.model_type = s.types[mapping.type];
  d.confidence_ppm = ppm_one;
  d.detector = mapping_detector;
  return d;
}

bool is_glob(std::string_view pattern) { return pattern.find_first_of("*?") != pattern.npos; }

bool holds(std::string_view pattern, std::string_view name_space) {
  return pattern == name_space || (is_glob(pattern) && glob_match(pattern, name_space));
}

// Whether it is of another type now.
bool retype(const State& s, std::uint32_t miner, const Detection& d, std::int64_t now_ms,
            Decision& out) {
  const MinerRow& row = s.miners[miner];
  const TypeId type = s.find_type(d.model_type);
  const bool same = s.columns.type[miner] == type && row.confidence_ppm == d.confidence_ppm &&
                    s.detectors.at(row.detector) == d.detector;
  if (!same) add_fact(out, now_ms, Retyped{miner, d.model_type, d.confidence_ppm, d.detector});
  return s.columns.type[miner] != type;
}

}  // namespace

Error undeclared(const State& s, std::string_view type) {
  std::vector<std::string_view> known;
  for (TypeId i = 1; i < s.types.size(); ++i) {
    if (s.declared[i] != 0) known.push_back(s.types[i]);
  }
  Error error{
      Errc::refused, "model type \"" + std::string(type) + "\" is declared by no detector", {}};
  if (auto guess = did_you_mean(type, known)) {
    error.hint = "did you mean \"" + std::string(*guess) + "\"?";
  } else {
    error.hint = "subnetd plugin list shows which types are declared";
  }
  return error;
}

bool declared(const State& s, std::string_view type) {
  const TypeId id = s.find_type(type);
  return id != none && id != type_unknown && s.declared[id] != 0;
}

Detection settle(const State& s, std::string_view name_space, const Detection& detected,
                 const Mapping* without) {
  if (const Mapping* mapping = find_mapping(s, name_space, without)) return by_mapping(s, *mapping);
  if (s.find_type(detected.model_type) != none) return detected;
  Detection nothing;
  nothing.detector = detected.detector;
  return nothing;
}

void decide_map(const State& s, const MapNamespace& in, std::int64_t now_ms, Decision& out) {
  if (in.pattern.empty() || in.pattern.size() > limits::pattern_bytes_max ||
      !is_valid_utf8(in.pattern)) {
    out.answer =
        fail(Errc::malformed,
             "pattern must be 1.." + std::to_string(limits::pattern_bytes_max) + " bytes of UTF-8");
    return;
  }
  const auto it = s.mappings.find(in.pattern);
  const TypeId type = s.find_type(in.model_type);
  if (it != s.mappings.end() && it->second.type == type) {
    out.answer = Answer{.id = in.pattern};  // as it stands already, whether declared still or not
    return;
  }
  if (!declared(s, in.model_type)) {
    out.answer = std::unexpected(undeclared(s, in.model_type));
    return;
  }
  if (it == s.mappings.end() && s.mappings.size() >= limits::mappings_max) {
    out.answer = fail(Errc::refused,
                      "there are " + std::to_string(limits::mappings_max) + " mappings already");
    return;
  }
  out.answer = Answer{.id = in.pattern};
  add_fact(out, now_ms, MappingPut{in.pattern, in.model_type});
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (!s.miner_alive(m)) continue;
    const std::string_view name_space = s.miner_text(m).name_space;
    if (!holds(in.pattern, name_space)) continue;
    const Mapping* held = find_mapping(s, name_space);
    const bool outranked =
        held != nullptr && held->pattern != in.pattern &&
        (held->pattern == name_space ||
         (name_space != in.pattern && held->pattern.size() >= in.pattern.size()));
    if (!outranked) retype(s, m, by_mapping(s, {in.pattern, type}), now_ms, out);
  }
}

std::vector<std::uint32_t> miners_mapped_by(const State& s, std::string_view pattern) {
  std::vector<std::uint32_t> out;
  const auto it = s.mappings.find(std::string(pattern));
  if (it == s.mappings.end()) return out;
  for (std::uint32_t m = 0; m < s.miners.size(); ++m) {
    if (!s.miner_alive(m)) continue;
    const std::string_view name_space = s.miner_text(m).name_space;
    if (!holds(pattern, name_space)) continue;
    if (find_mapping(s, name_space) == &it->second) out.push_back(m);
  }
  return out;
}

void decide_unmap(const State& s, const UnmapNamespace& in, std::int64_t now_ms, Decision& out) {
  const auto it = s.mappings.find(in.pattern);
  if (it == s.mappings.end()) {
    out.answer = fail(Errc::not_found, "nothing is mapped by \"" + in.pattern + "\"",
                      "subnetd namespace list shows what is");
    return;
  }
  add_fact(out, now_ms, MappingRemoved{in.pattern});
  out.answer = Answer{.id = in.pattern};
  for (const std::uint32_t m : miners_mapped_by(s, in.pattern)) {
    const auto found = in.detections.find(m);
    const Detection detected = found == in.detections.end() ? Detection{} : found->second;
    retype(s, m, settle(s, s.miner_text(m).name_space, detected, &it->second), now_ms, out);
  }
}

std::vector<std::uint32_t> miners_asked_again(const State& s, const Redetect& in) {
  if (!in.miner.empty()) {
    const std::uint32_t miner = s.find_miner(in.miner);
    return miner == none ? std::vector<std::uint32_t>() : std::vector{miner};
  }
  std::vector<std::uint32_t> out;
  const std::size_t end = std::min<std::size_t>(s.miners.size(),
                                                std::size_t{in.from} + limits::redetect_slots);
  for (std::uint32_t m = in.from; m < end; ++m) {
    if (s.miner_alive(m)) out.push_back(m);
  }
  return out;
}

void decide_redetect(const State& s, const Redetect& in, std::int64_t now_ms, Decision& out) {
  if (!in.miner.empty() && s.find_miner(in.miner) == none) {
    out.answer = fail(Errc::not_found, "no miner \"" + in.miner + "\"");
    return;
  }
  if (!in.silent.empty()) {
    out.answer = fail(Errc::unavailable, "detector " + in.silent + " does not answer, and what it "
                                         "would say may not be lost",
                      "subnetd plugin list shows why");
    return;
  }
  Answer answer{.id = in.miner};
  for (const std::uint32_t m : miners_asked_again(s, in)) {
    const auto found = in.detections.find(m);
    if (found == in.detections.end()) continue;
    ++answer.looked_at;
    if (retype(s, m, settle(s, s.miner_text(m).name_space, found->second), now_ms, out)) {
      ++answer.retyped;
    }
  }
  const std::size_t next = std::size_t{in.from} + limits::redetect_slots;
  if (in.miner.empty() && next < s.miners.size()) answer.next = static_cast<std::uint32_t>(next);
  out.answer = std::move(answer);
}

void apply_mapping(State& s, const MappingPut& f) {
  s.digest.add(f.pattern);
  s.digest.add(s.find_type(f.model_type));
  const auto it = s.mappings.find(f.pattern);
  if (it != s.mappings.end()) {
    it->second.type = s.find_type(f.model_type);
    return;
  }
  s.mappings.emplace(f.pattern, Mapping{f.pattern, s.find_type(f.model_type), s.mapping_order++});
}

void apply_unmapping(State& s, const MappingRemoved& f) {
  s.digest.add(f.pattern);
  s.mappings.erase(f.pattern);
}

}  // namespace subnetd::engine
