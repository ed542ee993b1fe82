// SPDX-License-Identifier: 0BSD
#include "demo/judge.hpp"

#include <algorithm>

namespace subnetd::demo {
namespace {

constexpr std::size_t reply_words = 12;
constexpr std::size_t pictures_asked = 6;
constexpr std::uint64_t shapes_seed = 20;

std::string hex_of(const Picture& picture) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t grey : picture) {
    out += digits[grey >> 4];
    out += digits[grey & 15];
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<Picture> picture_of(const json::Value& value) {
  if (!value.is_string() || value.get_string().size() != 2 * std::tuple_size_v<Picture>) {
    return std::nullopt;
  }
  const std::string_view hex = value.get_string();
  Picture picture{};
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    picture[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return picture;
}

std::string some_words(const ChatModel& model, Dice& dice, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += (i == 0 ? "" : " ") + model.vocabulary()[dice.below(model.vocabulary().size())];
  }
  return out;
}

const json::Array* array_in(const json::Value& answer, std::string_view field) {
  const json::Object* object = answer.if_object();
  const json::Value* value = object == nullptr ? nullptr : object->if_contains(field);
  return value == nullptr ? nullptr : value->if_array();
}

double score_embedding(const Question& question, const json::Value& answer) {
  const json::Array* given = array_in(answer, "embedding");
  if (given == nullptr || given->size() != embedding_size) return 0;
  Embedding found{};
  for (std::size_t i = 0; i < embedding_size; ++i) {
    boost::system::error_code not_a_number;
    found[i] = (*given)[i].to_number<double>(not_a_number);
    if (not_a_number) return 0;
  }
  const std::string_view text = question.params.at("text").get_string();
  const double likeness = cosine(found, embed(text));
  return likeness > 0.999 ? 1.0 : std::clamp(2 * likeness - 1, 0.0, 1.0);
}

double score_shapes(const Question& question, const json::Value& answer) {
  const json::Array* labels = array_in(answer, "labels");
  if (labels == nullptr || labels->size() != question.drawn.size()) return 0;
  double right = 0;
  for (std::size_t i = 0; i < labels->size(); ++i) {
    const char* drawn = shape_names[static_cast<std::size_t>(question.drawn[i])];
    if ((*labels)[i] == json::Value(drawn)) right += 1;
  }
  return right / static_cast<double>(labels->size());
}

}  // namespace

std::optional<Task> task_of(std::string_view model_type) {
  for (const Task task : {Task::chat, Task::embedding, Task::image_classification}) {
    if (model_type == model_type_of(task)) return task;
  }
  return std::nullopt;
}

const char* model_type_of(Task task) {
  switch (task) {
    case Task::chat: return "chat";
    case Task::embedding: return "embedding";
    case Task::image_classification: return "image_classification";
  }
  return "";
}

Judge::Judge() : chat_(training_text()), shapes_(shapes_seed) {}

Question Judge::question(Task task, std::uint64_t seed) const {
  Dice dice(seed);
  Question question;
  switch (task) {
    case Task::chat:
      question.params["prompt"] = some_words(chat_, dice, 3);
      question.params["seed"] = dice.below(1u << 30);
      question.params["words"] = reply_words;
      break;
    case Task::embedding: question.params["text"] = some_words(chat_, dice, 6); break;
    case Task::image_classification: {
      json::Array pictures;
      for (std::size_t i = 0; i < pictures_asked; ++i) {
        question.drawn.push_back(static_cast<Shape>(dice.below(shape_names.size())));
        pictures.emplace_back(hex_of(draw(question.drawn.back(), dice)));
      }
      question.params["pictures"] = std::move(pictures);
    }
  }
  return question;
}

Result<json::Value> Judge::answer(Task task, const json::Object& params) const {
  const json::Fields fields(params, "params");
  if (task == Task::chat) {
    SUBNETD_TRY(const std::string prompt, fields.text("prompt", 0, 4096));
    SUBNETD_TRY(const auto seed, fields.maybe_whole("seed", 0, UINT64_MAX));
    SUBNETD_TRY(const auto words, fields.maybe_whole("words", 1, 256));
    return json::Value{{"text", chat_.reply(prompt, seed.value_or(0), words.value_or(24))}};
  }
  if (task == Task::embedding) {
    SUBNETD_TRY(const std::string text, fields.text("text", 0, 4096));
    json::Array values;
    for (const double value : embed(text)) values.emplace_back(value);
    return json::Value(json::Object{{"embedding", std::move(values)}});
  }
  SUBNETD_TRY(const json::Array* pictures, fields.array("pictures", 64));
  json::Array labels;
  for (const json::Value& each : *pictures) {
    const auto picture = picture_of(each);
    if (!picture) return fail(Errc::malformed, "a picture is 256 grey bytes in hex");
    labels.emplace_back(shape_names[static_cast<std::size_t>(shapes_.classify(*picture))]);
  }
  return json::Value(json::Object{{"labels", std::move(labels)}});
}

// How many of the words stand where the model puts them.
double Judge::score_chat(const Question& question, const json::Value& answer) const {
  const auto expected = this->answer(Task::chat, question.params);
  const json::Object* object = answer.if_object();
  const json::Value* text = object == nullptr ? nullptr : object->if_contains("text");
  if (!expected || text == nullptr || !text->is_string()) return 0;
  const auto wanted = words_of(expected->get_object().at("text").get_string());
  const auto said = words_of(text->get_string());
  double right = 0;
  for (std::size_t i = 0; i < std::min(wanted.size(), said.size()); ++i) {
    if (wanted[i] == said[i]) right += 1;
  }
  return right / static_cast<double>(std::max(wanted.size(), said.size()));
}

double Judge::score(Task task, const Question& question, const json::Value& answer) const {
  switch (task) {
    case Task::chat: return score_chat(question, answer);
    case Task::embedding: return score_embedding(question, answer);
    case Task::image_classification: return score_shapes(question, answer);
  }
  return 0;
}

}  // namespace subnetd::demo
