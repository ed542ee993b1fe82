// SPDX-License-Identifier: 0BSD
// Token buckets by name: so many calls a minute, as many at once after a pause. A bucket that has
// filled up again is forgotten. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace subnetd::commune {

class RateLimit {
 public:
  // Takes a call off the bucket of `name`: 0, or after how many seconds there is one again.
  // per_minute 0: no limit.
  std::int64_t take(std::string_view name, std::uint64_t per_minute, std::int64_t now_ms);
  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::int64_t level = 0;  // calls times the milliseconds of a minute: exact
    std::int64_t at_ms = 0;
    std::uint64_t per_minute = 0;
  };
  static void refill(Bucket& bucket, std::int64_t now_ms);
  void forget_full(std::int64_t now_ms);

  std::unordered_map<std::string, Bucket> buckets_;
  std::int64_t forgot_ms_ = 0;
};

}  // namespace subnetd::commune
