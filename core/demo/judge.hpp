// SPDX-License-Identifier: 0BSD
// What the demo's validators ask and how they check: a question follows from a challenge, the right
// answer is computed, not looked up, and an answer is compared with tolerance. A miner answers by
// the same models. Immutable once made: any thread.
#pragma once

#include <optional>
#include <string_view>

#include "demo/models.hpp"
#include "domain/error.hpp"
#include "json/json.hpp"

namespace subnetd::demo {

enum class Task { chat, embedding, image_classification };
// Empty: none of the three.
std::optional<Task> task_of(std::string_view model_type);
const char* model_type_of(Task task);

// The params of a call to a miner, and for pictures what was drawn on them.
struct Question {
  json::Object params;
  std::vector<Shape> drawn;
};

class Judge {
 public:
  Judge();

  Question question(Task task, std::uint64_t seed) const;
  // What an honest miner says. Errc::malformed when the params do not fit.
  Result<json::Value> answer(Task task, const json::Object& params) const;
  // 0..1. Something that is no answer at all is 0.
  double score(Task task, const Question& question, const json::Value& answer) const;

 private:
  double score_chat(const Question& question, const json::Value& answer) const;

  ChatModel chat_;
  ShapeClassifier shapes_;
};

}  // namespace subnetd::demo
