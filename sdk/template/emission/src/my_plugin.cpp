// SPDX-License-Identifier: 0BSD
// Pays every miner whose mean score reaches a mark the same.
#include <subnet/plugin.hpp>

class MyPlugin {
 public:
  static constexpr std::string_view id = "my_plugin";
  static constexpr std::string_view summary = "The same for every miner above a mark";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"mark_ppm":{"type":"integer","minimum":0,"maximum":1000000,"default":500000}}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;

  explicit MyPlugin(const subnet::context& cx)
      : mark_ppm_(static_cast<uint64_t>(cx.config.i64("mark_ppm", 500'000))) {}

  // Integers only: founder + amounts + dust + unallocated must be the budget, to the last unit.
  void compute(const subnet::call&, const subnet::emission_in& in,
               subnet::emission_out& out) const {
    uint64_t paid = 0;
    for (size_t i = 0; i < in.size(); ++i) paid += passes(in, i);
    if (paid == 0) return out.unallocated_nano(in.budget_nano());
    for (size_t i = 0; i < in.size(); ++i)
      if (passes(in, i)) out.amount_nano()[i] = in.budget_nano() / paid;
    out.dust_nano(in.budget_nano() % paid);
  }

  std::string explain(const subnet::emission_in& in, uint64_t row) const {
    return passes(in, row) ? "its mean reaches the mark" : "its mean is below the mark";
  }

 private:
  bool passes(const subnet::emission_in& in, size_t i) const {
    return in.role()[i] == SBN_ROLE_MINER && in.payable()[i] != 0 && in.score_count()[i] != 0 &&
           in.score_sum_ppm()[i] >= mark_ppm_ * in.score_count()[i];
  }
  uint64_t mark_ppm_;
};

SUBNET_PLUGIN("example.my_plugin", "1.0.0", MyPlugin);
