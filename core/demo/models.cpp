// SPDX-License-Identifier: 0BSD
#include "demo/models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace subnetd::demo {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

// One more feature into its bucket, with the sign that its hash says.
void put_feature(Embedding& into, std::string_view feature, double weight) {
  const std::uint64_t hash = hash_text(feature, 7);
  into[hash % embedding_size] += (hash >> 63) != 0 ? weight : -weight;
}

bool inside(Shape shape, double x, double y, double radius) {
  switch (shape) {
    case Shape::circle: return x * x + y * y <= radius * radius;
    case Shape::square: return std::abs(x) <= radius * 0.88 && std::abs(y) <= radius * 0.88;
    case Shape::triangle: return y <= radius * 0.8 && std::abs(x) <= (y + radius) * 0.55;
    case Shape::cross:
      return (std::abs(x) <= radius * 0.28 && std::abs(y) <= radius) ||
             (std::abs(y) <= radius * 0.28 && std::abs(x) <= radius);
  }
  return false;
}

}  // namespace

std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15ull;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ull ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return Dice(hash).next();
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t') {
      word += c;
      continue;
    }
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

ChatModel::ChatModel(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    after_one_[words[i]].push_back(words[i + 1]);
    if (i + 2 < words.size()) after_two_[{words[i], words[i + 1]}].push_back(words[i + 2]);
  }
  const std::set<std::string> unique(words.begin(), words.end());
  vocabulary_.assign(unique.begin(), unique.end());
}

std::string ChatModel::reply(std::string_view prompt, std::uint64_t seed, std::size_t words) const {
  Dice dice(seed);
  std::vector<std::string> context = words_of(prompt), said;
  context.insert(context.begin(), {"", ""});
  while (said.size() < words) {
    const std::string& last = context.back();
    const std::string& before = context[context.size() - 2];
    const std::vector<std::string>* choices = &vocabulary_;
    if (const auto two = after_two_.find({before, last}); two != after_two_.end()) {
      choices = &two->second;
    } else if (const auto one = after_one_.find(last); one != after_one_.end()) {
      choices = &one->second;
    }
    said.push_back((*choices)[dice.below(choices->size())]);
    context.push_back(said.back());
  }
  return joined(said);
}

Embedding embed(std::string_view text) {
  Embedding out{};
  for (const std::string& word : words_of(text)) {
    put_feature(out, word, 1.0);
    const std::string marked = "<" + word + ">";
    for (std::size_t i = 0; i + 3 <= marked.size(); ++i) {
      put_feature(out, std::string_view(marked).substr(i, 3), 0.3);
    }
  }
  double length = 0;
  for (const double value : out) length += value * value;
  length = std::sqrt(length);
  if (length > 0) {
    for (double& value : out) value /= length;
  }
  return out;
}

double cosine(const Embedding& a, const Embedding& b) {
  double product = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < embedding_size; ++i) {
    product += a[i] * b[i];
    left += a[i] * a[i];
    right += b[i] * b[i];
  }
  return left == 0 || right == 0 ? 0 : product / std::sqrt(left * right);
}

Picture draw(Shape shape, Dice& dice) {
  const double radius = 4.5 + dice.unit() * 2.0;
  const double center_x = 7.5 + (dice.unit() - 0.5) * 2.0;
  const double center_y = 7.5 + (dice.unit() - 0.5) * 2.0;
  Picture picture{};
  for (std::size_t y = 0; y < picture_side; ++y) {
    for (std::size_t x = 0; x < picture_side; ++x) {
      const bool in = inside(shape, static_cast<double>(x) - center_x,
                             static_cast<double>(y) - center_y, radius);
      const double grey = (in ? 200 : 30) + (dice.unit() - 0.5) * 50;
      picture[y * picture_side + x] = static_cast<std::uint8_t>(grey);
    }
  }
  return picture;
}

// Filled area of the bounding box, moments, symmetry, and how full its parts are.
ShapeClassifier::Features ShapeClassifier::features_of(const Picture& picture) {
  constexpr std::uint8_t threshold = 115;
  std::size_t left = picture_side, right = 0, top = picture_side, bottom = 0;
  double area = 0, sum_x = 0, sum_y = 0;
  const auto lit = [&](std::size_t x, std::size_t y) {
    return picture[y * picture_side + x] > threshold;
  };
  for (std::size_t y = 0; y < picture_side; ++y) {
    for (std::size_t x = 0; x < picture_side; ++x) {
      if (!lit(x, y)) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
      area += 1, sum_x += static_cast<double>(x), sum_y += static_cast<double>(y);
    }
  }
  Features f{};
  if (area == 0) return f;
  const double width = static_cast<double>(right - left + 1);
  const double height = static_cast<double>(bottom - top + 1);
  f[0] = area / (width * height);
  f[1] = (sum_y / area - static_cast<double>(top)) / height;
  f[2] = (sum_x / area - static_cast<double>(left)) / width;
  std::array<double, 9> part{}, cells{};
  for (std::size_t y = top; y <= bottom; ++y) {
    for (std::size_t x = left; x <= right; ++x) {
      const std::size_t at =
          (y - top) * 3 / (bottom - top + 1) * 3 + (x - left) * 3 / (right - left + 1);
      cells[at] += 1;
      part[at] += lit(x, y) ? 1 : 0;
    }
  }
  const auto full = [&](std::size_t at) { return cells[at] == 0 ? 0 : part[at] / cells[at]; };
  f[3] = full(0) + full(2);
  f[4] = full(6) + full(8);
  f[5] = full(3) + full(5);
  f[6] = full(4);
  f[7] = full(1);
  f[8] = full(7);
  f[9] = width / height;
  return f;
}

ShapeClassifier::ShapeClassifier(std::uint64_t seed, std::size_t pictures_each) {
  Dice dice(seed);
  std::vector<std::pair<std::size_t, Features>> seen;
  for (std::size_t shape = 0; shape < shape_names.size(); ++shape) {
    for (std::size_t i = 0; i < pictures_each; ++i) {
      seen.emplace_back(shape, features_of(draw(static_cast<Shape>(shape), dice)));
    }
  }
  for (const auto& [shape, features] : seen) {
    for (std::size_t i = 0; i < feature_count; ++i) {
      centroid_[shape][i] += features[i] / static_cast<double>(pictures_each);
    }
  }
  for (const auto& [shape, features] : seen) {
    for (std::size_t i = 0; i < feature_count; ++i) {
      const double off = features[i] - centroid_[shape][i];
      spread_[i] += off * off / static_cast<double>(seen.size());
    }
  }
}

Shape ShapeClassifier::classify(const Picture& picture) const {
  const Features features = features_of(picture);
  std::size_t best = 0;
  double best_distance = std::numeric_limits<double>::infinity();
  for (std::size_t shape = 0; shape < centroid_.size(); ++shape) {
    double distance = 0;
    for (std::size_t i = 0; i < feature_count; ++i) {
      const double off = features[i] - centroid_[shape][i];
      distance += off * off / (spread_[i] + 1e-4);
    }
    if (distance < best_distance) {
      best = shape;
      best_distance = distance;
    }
  }
  return static_cast<Shape>(best);
}

}  // namespace subnetd::demo
