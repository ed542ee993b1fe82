// SPDX-License-Identifier: 0BSD
// Two components that fail in every way a plugin can.
#include <subnet/plugin.hpp>

struct Throwing {
  static constexpr std::string_view id = "throwing";
  static constexpr std::string_view summary = "Throws what its name says";
  static constexpr std::string_view schema = "{}";
  static constexpr std::array<std::string_view, 1> types{"chat"};
  explicit Throwing(const subnet::context& cx) {
    if (cx.config.i64("limit", 0) < 0) throw subnet::failure(SBN_E_CONFIG, "limit is below 0");
  }
  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink&) const {
    if (names[0] == "failure") throw subnet::failure(SBN_E_REMOTE, "the peer");
    if (names[0] == "memory") throw std::bad_alloc();
    if (names[0] == "standard") throw std::runtime_error(std::string(2'000, 'x'));
    if (names[0] == "number") throw 5;
  }
};

struct Judge {
  static constexpr std::string_view id = "judge";
  static constexpr std::string_view summary = "Throws on request 1";
  static constexpr std::string_view schema = "{}";
  void begin(const subnet::call&, const subnet::validate_request& request,
             subnet::validate_sink& sink) {
    if (request.number() == 1) throw std::runtime_error("broken");
    sink.scored(request.number(), 1, 5);
  }
  void step(const subnet::call&, const subnet::reply&, subnet::validate_sink&) {}
  void forget(uint64_t) { throw 1; }
};

SUBNET_PLUGIN("test.throwing", "0.1.0", Throwing, Judge);
