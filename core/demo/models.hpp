// SPDX-License-Identifier: 0BSD
// Three small models that really compute their answers: chat by word n-grams trained on a text of
// ours, embedding by hashed features, classification of drawn shapes by the nearest centroid. Each
// is a function of its seed and its input, so a validator can work out what an honest miner says.
// Pure once made: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace subnetd::demo {

// A counter-based generator: the same seed, the same numbers, everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0);
std::vector<std::string> words_of(std::string_view text);

// Continues a prompt: each word by the two before it, where the text knows them, else by one.
class ChatModel {
 public:
  explicit ChatModel(std::string_view text);
  std::string reply(std::string_view prompt, std::uint64_t seed, std::size_t words) const;
  const std::vector<std::string>& vocabulary() const { return vocabulary_; }

 private:
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> after_two_;
  std::map<std::string, std::vector<std::string>, std::less<>> after_one_;
  std::vector<std::string> vocabulary_;
};

// Words and their pieces, hashed into signed buckets; length one.
inline constexpr std::size_t embedding_size = 64;
using Embedding = std::array<double, embedding_size>;
Embedding embed(std::string_view text);
double cosine(const Embedding& a, const Embedding& b);

// Grey pictures of 16 x 16 bytes.
inline constexpr std::size_t picture_side = 16;
using Picture = std::array<std::uint8_t, picture_side * picture_side>;
enum class Shape { circle, square, triangle, cross };
inline constexpr std::array<const char*, 4> shape_names{"circle", "square", "triangle", "cross"};
// With noise, at a place and size that the dice choose.
Picture draw(Shape shape, Dice& dice);

class ShapeClassifier {
 public:
  explicit ShapeClassifier(std::uint64_t seed, std::size_t pictures_each = 200);
  Shape classify(const Picture& picture) const;

 private:
  static constexpr std::size_t feature_count = 10;
  using Features = std::array<double, feature_count>;
  static Features features_of(const Picture& picture);

  std::array<Features, shape_names.size()> centroid_{};
  Features spread_{};
};

// The text that the demo's chat miners are trained on.
std::string_view training_text();

}  // namespace subnetd::demo
