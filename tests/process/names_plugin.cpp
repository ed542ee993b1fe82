// SPDX-License-Identifier: 0BSD
// A detector in two versions: the second knows a model type more. Names that begin with "yawn" take
// it half a second.
#include <chrono>
#include <subnet/plugin.hpp>
#include <thread>

struct Names {
  static constexpr std::string_view id = "names";
  static constexpr std::string_view summary = "By the first letters";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{}})";
#if VERSION == 2
  static constexpr std::array<std::string_view, 2> types{"weather", "tides"};
#else
  static constexpr std::array<std::string_view, 1> types{"weather"};
#endif

  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink& out) const {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].starts_with("yawn")) std::this_thread::sleep_for(std::chrono::milliseconds(500));
      if (names[i].starts_with("weather")) {
        out.set(i, 1, 990'000);
      } else if (VERSION == 2 && names[i].starts_with("tides")) {
        out.set(i, 2, 990'000);
      } else {
        out.none(i);
      }
    }
  }
};

#if VERSION == 2
SUBNET_PLUGIN("test.names", "2.0.0", Names);
#else
SUBNET_PLUGIN("test.names", "1.0.0", Names);
#endif
