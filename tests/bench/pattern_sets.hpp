// SPDX-License-Identifier: 0BSD
// Peers of the detector's automata: the same question, which is the first of these patterns that
// occurs in a name, put to RE2::Set and to Hyperscan, one name a call.
#pragma once

#include <hs/hs.h>
#include <re2/set.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace subnetd::bench {

inline constexpr std::uint32_t no_pattern = 0xffffffffu;

class Re2Set {
 public:
  explicit Re2Set(const std::vector<std::string>& patterns) : set_(options(), RE2::UNANCHORED) {
    for (const std::string& pattern : patterns) set_.Add(pattern, nullptr);
    if (!set_.Compile()) throw std::runtime_error("RE2::Set does not compile");
  }
  std::uint32_t first(std::string_view name) {
    found_.clear();
    if (!set_.Match(re2::StringPiece(name.data(), name.size()), &found_)) return no_pattern;
    return static_cast<std::uint32_t>(*std::min_element(found_.begin(), found_.end()));
  }

 private:
  static RE2::Options options() {
    RE2::Options options;
    options.set_literal(true);
    options.set_case_sensitive(false);
    options.set_max_mem(std::int64_t{2} << 30);
    return options;
  }
  RE2::Set set_;
  std::vector<int> found_;
};

class Hyperscan {
 public:
  explicit Hyperscan(const std::vector<std::string>& patterns) {
    std::vector<const char*> texts;
    std::vector<unsigned> flags, ids;
    std::vector<std::size_t> lengths;
    for (const std::string& pattern : patterns) {
      texts.push_back(pattern.data());
      lengths.push_back(pattern.size());
      flags.push_back(HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
      ids.push_back(static_cast<unsigned>(ids.size()));
    }
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(),
                             static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr,
                             &database_, &error) != HS_SUCCESS) {
      throw std::runtime_error(error->message);
    }
    if (hs_alloc_scratch(database_, &scratch_) != HS_SUCCESS) throw std::bad_alloc();
  }
  ~Hyperscan() {
    hs_free_scratch(scratch_);
    hs_free_database(database_);
  }
  Hyperscan(const Hyperscan&) = delete;

  std::uint32_t first(std::string_view name) {
    std::uint32_t best = no_pattern;
    const auto size = static_cast<unsigned>(name.size());
    hs_scan(database_, name.data(), size, 0, scratch_, on_match, &best);
    return best;
  }

 private:
  static int on_match(unsigned id, unsigned long long, unsigned long long, unsigned, void* best) {
    auto& smallest = *static_cast<std::uint32_t*>(best);
    smallest = std::min(smallest, id);
    return 0;
  }
  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
};

}  // namespace subnetd::bench
