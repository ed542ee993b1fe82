// SPDX-License-Identifier: 0BSD
// What a policy plugin of this room is made of: settings, one call, the answer's columns.
#pragma once

#include "payout.hpp"

namespace consensus {

// A plugin class adds its id, summary and schema.
class Policy {
 public:
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  Policy(Chain chain, const subnet::context& cx);

  void compute(const subnet::call& call, const subnet::emission_in& in,
               subnet::emission_out& out) const;
  // Why this row is paid what it is paid.
  std::string explain(const subnet::emission_in& in, uint64_t row) const;

 private:
  struct Answer;
  Answer answer(const sbn_emission_in& in) const;

  Rules rules_;
  const subnet::executor& threads_;
};

}  // namespace consensus
