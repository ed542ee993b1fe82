// SPDX-License-Identifier: 0BSD
#include "commune/rate_limit.hpp"

#include <algorithm>
#include <iterator>

#include "domain/limits.hpp"

namespace subnetd::commune {
namespace {

constexpr std::int64_t call = 60'000;  // what a call costs; a bucket gains per_minute a millisecond

}  // namespace

void RateLimit::refill(Bucket& bucket, std::int64_t now_ms) {
  const auto rate = static_cast<std::int64_t>(bucket.per_minute);
  const std::int64_t passed = std::clamp<std::int64_t>(now_ms - bucket.at_ms, 0, call);
  bucket.level = std::min(bucket.level + passed * rate, rate * call);
  bucket.at_ms = now_ms;
}

// At most once a second: a look at all of them must not be had for the price of one call.
void RateLimit::forget_full(std::int64_t now_ms) {
  if (now_ms - forgot_ms_ < 1'000) return;
  forgot_ms_ = now_ms;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    Bucket& bucket = it->second;
    refill(bucket, now_ms);
    const bool full = bucket.level >= static_cast<std::int64_t>(bucket.per_minute) * call;
    it = full ? buckets_.erase(it) : std::next(it);
  }
}

std::int64_t RateLimit::take(std::string_view name, std::uint64_t per_minute,
                             std::int64_t now_ms) {
  if (per_minute == 0) return 0;
  auto it = buckets_.find(std::string(name));
  if (it == buckets_.end()) {
    if (buckets_.size() >= limits::rate_buckets_max) forget_full(now_ms);
    if (buckets_.size() >= limits::rate_buckets_max) return 60;
    const Bucket full{static_cast<std::int64_t>(per_minute) * call, now_ms, per_minute};
    it = buckets_.emplace(name, full).first;
  }
  Bucket& bucket = it->second;
  bucket.per_minute = per_minute;
  refill(bucket, now_ms);
  if (bucket.level < call) {
    const auto rate = static_cast<std::int64_t>(per_minute);
    const std::int64_t missing_ms = (call - bucket.level + rate - 1) / rate;
    return (missing_ms + 999) / 1'000;
  }
  bucket.level -= call;
  return 0;
}

}  // namespace subnetd::commune
