// SPDX-License-Identifier: 0BSD
// Recognises speech models by the start of their namespace.
#include <subnet/plugin.hpp>

class MyPlugin {
 public:
  static constexpr std::string_view id = "my_plugin";
  static constexpr std::string_view summary = "Speech models by the start of the namespace";
  static constexpr std::string_view schema = R"({"type":"object","additionalProperties":false,
    "properties":{"prefixes":{"type":"array","items":{"type":"string"},
      "default":["whisper","bark"]}}})";
  static constexpr uint32_t flags = SBN_F_CONCURRENT | SBN_F_DETERMINISTIC;
  static constexpr std::array<std::string_view, 1> types{"audio_processing"};

  explicit MyPlugin(const subnet::context& cx)
      : prefixes_(cx.config.texts("prefixes", {"whisper", "bark"})) {}

  // Pure: the same name always gets the same answer.
  void detect(const subnet::call&, const subnet::names& names, subnet::detect_sink& out) const {
    for (size_t i = 0; i < names.size(); ++i) {
      out.none(i);  // the next detector is asked
      for (const std::string& prefix : prefixes_)
        if (names[i].starts_with(prefix)) out.set(i, 1, 950'000);
    }
  }

  std::string explain(std::string_view name) const {
    for (const std::string& prefix : prefixes_)
      if (name.starts_with(prefix)) return "begins with \"" + prefix + "\"";
    return "begins with none of the prefixes";
  }

 private:
  std::vector<std::string> prefixes_;
};

SUBNET_PLUGIN("example.my_plugin", "1.0.0", MyPlugin);
