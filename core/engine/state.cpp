// SPDX-License-Identifier: 0BSD
#include "engine/state.hpp"

#include <algorithm>
#include <tuple>

namespace subnetd::engine {
namespace {

constexpr std::uint64_t score_mask = (1u << 20) - 1;

}  // namespace

// words_[0] holds the three latest scores, words_[1] the two before and, in its top bits, the size.
void ScoreWindow::push(Ppm score) {
  const std::uint64_t size_now = std::min<std::uint64_t>(size() + 1, 5);
  const std::uint64_t third = words_[0] >> 40 & score_mask;
  const std::uint64_t older = (words_[1] << 20 | third) & ((std::uint64_t{1} << 40) - 1);
  words_[0] = (words_[0] << 20 | score) & ((std::uint64_t{1} << 60) - 1);
  words_[1] = older | size_now << 60;
}

Ppm ScoreWindow::at(std::uint32_t age) const {
  const std::uint64_t word = age < 3 ? words_[0] >> (20 * age) : words_[1] >> (20 * (age - 3));
  return static_cast<Ppm>(word & score_mask);
}

Ppm ScoreWindow::mean() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < size(); ++i) sum += at(i);
  return ppm_mean(sum, size());
}

std::uint32_t ScoreWindow::streak(Ppm score_min) const {
  std::uint32_t n = 0;
  while (n < size() && at(n) >= score_min) ++n;
  return n;
}

std::uint32_t Names::put(std::string_view name) {
  if (auto it = numbers_.find(name); it != numbers_.end()) return it->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(name);
  numbers_.emplace(std::string(name), number);
  return number;
}

std::uint32_t Names::find(std::string_view name) const {
  const auto it = numbers_.find(name);
  return it == numbers_.end() ? none : it->second;
}

std::uint32_t State::find_miner(std::string_view id) const {
  return miner_index.find(id, [this](std::uint32_t slot) { return miner_id(slot); });
}

std::uint32_t State::find_validator(std::string_view id) const {
  const auto it = validator_index.find(id);
  return it == validator_index.end() ? none : it->second;
}

std::optional<std::uint32_t> State::miner_uid_of(std::string_view key) const {
  const std::uint32_t owner = key.empty() ? none : owners.find(key);
  if (owner == none) return std::nullopt;
  for (std::uint32_t m = 0; m < miners.size(); ++m) {
    if (miner_alive(m) && columns.owner[m] == owner) return miners[m].uid;
  }
  return std::nullopt;
}

TypeId State::find_type(std::string_view type) const {
  for (TypeId i = 0; i < types.size(); ++i) {
    if (types[i] == type) return i;
  }
  return none;
}

const std::string& State::type_name(TypeId type) const {
  static const std::string any = any_type;
  return type == type_any ? any : types[type];
}

NodeRecord State::miner_record(std::uint32_t slot) const {
  const NodeText t = miner_text(slot);
  NodeRecord record;
  record.id = t.id;
  record.key = owners.at(columns.owner[slot]);
  record.name_space = t.name_space;
  record.endpoint = t.endpoint;
  record.protocol = protocol_name(miners[slot].protocol);
  record.method = t.method.empty() ? std::string_view(default_method) : t.method;
  record.task = t.task;
  record.region = regions.at(columns.region[slot]);
  return record;
}

void State::order_miners() {
  columns.order.clear();
  columns.order.reserve(miners.capacity());
  for (std::uint32_t m = 0; m < miners.size(); ++m)
    columns.order.push_back(miner_alive(m) ? miners[m].order : 0);
}

bool State::miners_in_order() const {
  std::uint32_t last = 0;
  for (std::uint32_t m = 0; m < miners.size(); ++m) {
    if (!miner_alive(m)) continue;
    if (miners[m].order < last) return false;
    last = miners[m].order;
  }
  return true;
}

std::uint64_t State::memory_bytes() const {
  const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
  std::uint64_t sum = text.memory_bytes() + miner_index.memory_bytes() + bytes(miners) +
                      bytes(columns.state) + bytes(columns.type) + bytes(columns.owner) +
                      bytes(columns.region) + bytes(columns.current) + bytes(columns.since_s) +
                      bytes(columns.why) + bytes(columns.order) + bytes(ledger.cells) +
                      bytes(closed_ledger.cells);
  for (const auto& bucket : wheel) sum += bytes(bucket) + sizeof(bucket);
  return sum;
}

bool serves(const ValidatorRow& validator, TypeId type) {
  for (TypeId t : validator.types) {
    if (t == type_any || (t == type && type != type_unknown)) return true;
  }
  return false;
}

UnmatchedReason why_not(const State& s, std::uint32_t miner, std::uint32_t copy,
                        std::uint32_t validator) {
  const ValidatorRow& v = s.validators[validator];
  const std::uint32_t now = s.current(miner, copy);
  if (v.status != Status::active && !(v.status == Status::draining && now == validator)) {
    return UnmatchedReason::no_validator;
  }
  if (!serves(v, s.columns.type[miner])) return UnmatchedReason::no_validator;
  if (v.owner != 0 && v.owner == s.columns.owner[miner]) return UnmatchedReason::own_validator;
  for (std::uint32_t k = 0; k < s.redundancy(); ++k) {
    if (k != copy && s.current(miner, k) == validator) return UnmatchedReason::not_distinct;
  }
  if (now != validator && v.load >= v.record.capacity) return UnmatchedReason::no_capacity;
  return UnmatchedReason::none;
}

// Linear in pattern times stars: one retry point, as every star supersedes the one before.
bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume_at = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume_at = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume_at;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

namespace {

// The globs that match a text, found by walking the sorted patterns as the trie that they are: a
// range of them shares its first `depth` bytes, which match the text's first `at`. Each such pair
// is visited once, so time is bounded by the patterns' size times the text's, however hostile.
class GlobSearch {
 public:
  using Patterns = std::map<std::string, Mapping>;
  GlobSearch(const Patterns& all, std::string_view text, const Mapping* without)
      : all_(all), text_(text), without_(without) {
    walk({all.begin(), all.end()}, 0, 0, false);
  }
  const Mapping* best() const { return best_; }

 private:
  struct Range {
    Patterns::const_iterator first, last;
    bool empty() const { return first == last; }
  };

  void consider(const Mapping& mapping) {
    if (&mapping == without_ || mapping.pattern.find_first_of("*?") == std::string::npos) return;
    const bool better = best_ == nullptr || mapping.pattern.size() > best_->pattern.size() ||
                        (mapping.pattern.size() == best_->pattern.size() &&
                         mapping.order < best_->order);
    if (better) best_ = &mapping;
  }

  // Those of the range whose next byte is `c`.
  Range narrow(const Range& range, std::size_t depth, char c) const {
    const auto next = [&](Patterns::const_iterator at) {
      return static_cast<unsigned char>(at->first[depth]);
    };
    const auto wanted = static_cast<unsigned char>(c);
    if (next(range.first) > wanted || next(std::prev(range.last)) < wanted) return {};
    std::string key = range.first->first.substr(0, depth) + c;
    const auto first = next(range.first) == wanted ? range.first : all_.lower_bound(key);
    if (next(std::prev(range.last)) == wanted) return {first, range.last};
    key.back() = static_cast<char>(wanted + 1);
    return {first, all_.lower_bound(key)};
  }

  // `open`: the byte before `depth` is a star, so the rest may begin anywhere from `at` on.
  void walk(Range range, std::size_t depth, std::size_t at, bool open) {
    if (range.empty()) return;
    if (std::next(range.first) == range.last) {
      const std::string_view pattern = range.first->first;
      const std::string_view rest = pattern.substr(depth - (open ? 1 : 0));
      if (glob_match(rest, text_.substr(at))) consider(range.first->second);
      return;
    }
    if (!seen_.emplace(&*range.first, depth, at).second) return;
    if (range.first->first.size() == depth) {
      if (open || at == text_.size()) consider(range.first->second);
      if (++range.first == range.last) return;
    }
    walk(narrow(range, depth, '*'), depth + 1, at, true);
    const Range any = narrow(range, depth, '?');
    for (; at < text_.size(); ++at) {
      walk(any, depth + 1, at + 1, false);
      if (text_[at] != '*' && text_[at] != '?') {
        walk(narrow(range, depth, text_[at]), depth + 1, at + 1, false);
      }
      if (!open) break;
    }
  }

  const Patterns& all_;
  std::string_view text_;
  const Mapping* without_;
  const Mapping* best_ = nullptr;
  std::set<std::tuple<const void*, std::size_t, std::size_t>> seen_;
};

}  // namespace

const Mapping* find_mapping(const State& s, std::string_view name_space, const Mapping* without) {
  if (s.mappings.empty()) return nullptr;
  const auto exact = s.mappings.find(std::string(name_space));
  if (exact != s.mappings.end() && &exact->second != without) return &exact->second;
  return GlobSearch(s.mappings, name_space, without).best();
}

}  // namespace subnetd::engine
