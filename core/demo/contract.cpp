// SPDX-License-Identifier: 0BSD
#include "demo/contract.hpp"

#include <algorithm>

#include "demo/models.hpp"
#include "domain/limits.hpp"
#include "domain/ppm.hpp"

namespace subnetd::demo {
namespace {

constexpr double prompt_ms = 200;
constexpr double half_after_ms = 2000;

}  // namespace

Result<Order> read_order(const json::Object& params) {
  const json::Fields fields(params, "params");
  Order order;
  SUBNETD_CHECK(fields.whole("contract", 1, 1));
  SUBNETD_TRY(order.request_id, fields.text("request_id", 1, 128));
  SUBNETD_TRY(order.challenge, fields.text("challenge", 64, 64));
  SUBNETD_TRY(order.deadline_ms, fields.integer("deadline_ms", 1, limits::probe_deadline_ms_max));
  SUBNETD_TRY(const json::Fields miner, fields.fields("miner"));
  SUBNETD_TRY(order.model_type, miner.text("model_type", 1, limits::model_type_bytes_max));
  SUBNETD_TRY(order.endpoint, miner.text("endpoint", 1, limits::endpoint_bytes_max));
  return order;
}

std::uint64_t seed_of(std::string_view challenge) {
  return hash_text(challenge);
}

json::Value verdict(double right, std::int64_t elapsed_ms, bool is_json) {
  const double late = std::max(0.0, static_cast<double>(elapsed_ms) - prompt_ms);
  const double score = right * (1.0 - 0.5 * std::min(1.0, late / half_after_ms));
  return {{"score_ppm", ppm_from_fraction(score).value_or(0)},
          {"details", {{"right", right}, {"elapsed_ms", elapsed_ms}, {"json", is_json}}}};
}

}  // namespace subnetd::demo
