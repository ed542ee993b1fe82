// SPDX-License-Identifier: 0BSD
// Namespaces and patterns as a large subnet would have them, made from a seed: families of models,
// vendors, made-up words, free text behind "::". The first 25 patterns are the prototype's keys.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "vocabulary.hpp"

namespace subnetd::bench {

class PatternNames {
 public:
  explicit PatternNames(std::uint64_t seed) : state_(seed) {}

  std::string name() {
    const std::uint32_t kind = below(20);
    if (kind < 5) return cased(pick(families)) + "-" + pick(suffixes);
    if (kind < 10) {
      return word() + "/" + cased(below(5) < 3 ? pick(families) : word() + "-" + word()) + "-" +
             pick(suffixes);
    }
    if (kind < 14) {
      return "model." + (below(2) == 0 ? pick(vendors) : pick(families)) + "::" +
             (below(2) == 0 ? word() : "uid" + std::to_string(below(4096)));
    }
    if (kind < 17) return pick(vendors) + "/" + pick(families);
    return word() + "-" + word() + "." + word();
  }

  // Lower-case substrings, each once.
  std::vector<std::string> patterns(std::size_t n) {
    std::vector<std::string> all;
    std::unordered_set<std::string> seen;
    const auto add = [&](std::string pattern) {
      if (all.size() < n && seen.insert(pattern).second) all.push_back(std::move(pattern));
    };
    for (const auto& word : patterns::seed_table()) add(std::string(word.pattern));
    for (const std::string_view family : families) add(std::string(family));
    while (all.size() < n) {
      const std::uint32_t kind = below(10);
      if (kind < 4) add(word() + "-" + pick(suffixes));
      else if (kind < 7) add(word() + "." + word());
      else if (kind < 9) add(word() + word() + std::to_string(below(100)));
      else add(word() + "/" + pick(families));
    }
    return all;
  }

 private:
  static constexpr std::array families{
      "stable-diffusion-xl", "sdxl", "flux.1-dev", "dall-e-3", "gpt-4-turbo", "gpt-4o",
      "llama-3.1-8b", "llama-2-70b-chat", "claude-3-opus", "mistral-7b-instruct", "mixtral-8x7b",
      "qwen2.5-72b", "deepseek-r1", "gemma-2-9b", "vit-base-patch16-224", "resnet-50", "yolov8n",
      "convnext-large", "whisper-large-v3", "wav2vec2-base", "parakeet-tdt", "bge-large-en",
      "e5-mistral", "text-embedding-3-large", "sora", "hunyuan-video", "cogvideox-5b", "xtts-v2",
      "kokoro-82m", "bark", "speecht5-tts", "musicgen-small", "depth-anything", "bert-base"};
  static constexpr std::array suffixes{"0613", "preview", "instruct", "chat", "base", "hf", "gguf",
                                       "awq", "int8", "v2", "turbo", "mini", "7b", "lora", "beta"};
  static constexpr std::array vendors{"openai", "anthropic", "google", "meta", "mistralai",
                                      "stabilityai", "elevenlabs", "cohere", "groq", "together"};
  static constexpr std::array words{"alpha", "amber", "arbor", "azure", "birch", "cedar", "cobalt",
                                    "delta", "ember", "falcon", "garnet", "harbor", "iris", "jade",
                                    "kite", "lumen", "maple", "nova", "onyx", "pearl", "quartz",
                                    "raven", "slate", "thorn", "umbra", "violet", "willow", "zinc"};
  static constexpr std::array syllables{"ba", "be", "da", "du", "ka", "ki", "lo", "ma", "mi", "no",
                                        "nu", "ra", "re", "sa", "so", "ta", "te", "va", "zo", "xi",
                                        "qu", "ny", "sh", "th", "ch"};

  std::uint32_t below(std::uint32_t n) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<std::uint32_t>((state_ >> 33) % n);
  }
  template <class Array>
  std::string pick(const Array& array) {
    return array[below(static_cast<std::uint32_t>(array.size()))];
  }
  std::string word() {
    if (below(2) == 0) return pick(words);
    std::string made;
    for (std::uint32_t i = 0, n = 2 + below(3); i < n; ++i) made += pick(syllables);
    return made;
  }
  std::string cased(std::string text) {
    const std::uint32_t kind = below(10);
    for (char& c : text) {
      if (kind == 0 && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    }
    return text;
  }

  std::uint64_t state_;
};

}  // namespace subnetd::bench
