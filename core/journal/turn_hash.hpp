// SPDX-License-Identifier: 0BSD
// A hash over the stored bytes of one turn, on top of the hash of the turn before: it is stored
// with the turn and compared before its facts are applied. Every step is a bijection of the hash,
// so one value that was changed is always found. It is no signature: whoever can write the file can
// write the hash.
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/hash.hpp"
#include "journal/fact_codec.hpp"

namespace subnetd::journal {

class TurnHash {
 public:
  explicit TurnHash(std::uint64_t before) { digest_.restore(before); }

  void add(std::string_view json, std::string_view blob) {
    digest_.add(json);
    if (!blob.empty()) digest_.add(blob);
  }
  void add(const VerdictRow& row) {
    const auto number = [this](std::int64_t value) {
      digest_.add(static_cast<std::uint64_t>(value));
    };
    number(row.lead);
    number(row.miner);
    number(row.validator.value_or(-1));
    number(row.score);
    number(row.fate);
    number(row.after_ms);
  }
  // The turn's own numbers, last.
  std::uint64_t close(std::uint64_t seq_first, std::uint64_t facts, std::int64_t now_ms,
                      std::uint64_t digest) {
    digest_.add(seq_first);
    digest_.add(facts);
    digest_.add(static_cast<std::uint64_t>(now_ms));
    digest_.add(digest);
    return digest_.value();
  }

 private:
  Digest digest_;
};

}  // namespace subnetd::journal
