// SPDX-License-Identifier: 0BSD
// The detector of ../c in C++: names that begin with "whisper" are audio models.
#include <subnet/plugin.hpp>

struct Speech {
  static constexpr std::string_view id = "speech";
  static constexpr std::string_view summary = "Speech models by the start of the namespace";
  static constexpr std::string_view schema =
      R"({"type":"object","additionalProperties":false,"properties":{}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;
  static constexpr std::array<std::string_view, 1> types{"audio_processing"};

  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink& out) const {
    for (size_t i = 0; i < names.size(); ++i) {
      const bool speech = names[i].starts_with("whisper");
      out.set(i, speech ? 1 : 0, speech ? 950'000 : 0);
    }
  }
  std::string explain(std::string_view) const {
    return "names that begin with \"whisper\" are audio models";
  }
};

SUBNET_PLUGIN("example.speech_cpp", "1.0.0", Speech);
