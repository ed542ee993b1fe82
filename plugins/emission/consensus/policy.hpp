// SPDX-License-Identifier: 0BSD
// What a policy plugin of this room is made of: settings, one call, the answer's columns.
#pragma once

#include "payout.hpp"

namespace consensus {

class Policy {
 public:
  Policy(Chain chain, const subnet::context& cx);

  void compute(const sbn_emission_in& in, sbn_emission_out& out) const;
  // Why row i is paid what it is paid.
  std::string explain(const sbn_emission_in& in, uint64_t row) const;

 private:
  struct Answer;
  Answer answer(const sbn_emission_in& in) const;

  Rules rules_;
  const subnet::executor& threads_;
};

}  // namespace consensus
