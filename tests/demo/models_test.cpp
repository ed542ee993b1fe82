// SPDX-License-Identifier: 0BSD
#include "demo/models.hpp"

#include <gtest/gtest.h>

#include "demo/judge.hpp"

namespace subnetd::demo {
namespace {

TEST(ChatModel, ContinuesAPromptWithWordPairsOfItsText) {
  const ChatModel model("the cat sat on the mat and the cat slept");
  const std::string said = model.reply("the cat", 5, 6);
  const auto words = words_of(said);
  ASSERT_EQ(words.size(), 6u);
  EXPECT_TRUE(words[0] == "sat" || words[0] == "slept") << said;
}

TEST(ChatModel, SaysTheSameForTheSameSeedAndOtherwiseForAnother) {
  const ChatModel model(training_text());
  EXPECT_EQ(model.reply("a miner is", 1, 20), model.reply("a miner is", 1, 20));
  EXPECT_NE(model.reply("a miner is", 1, 20), model.reply("a miner is", 2, 20));
}

TEST(Embed, PutsTextsThatShareWordsNearerThanOthers) {
  const Embedding miner = embed("a miner that answers well is paid");
  const Embedding near = embed("a miner that answers badly is paid");
  const Embedding far = embed("circle square triangle");
  EXPECT_NEAR(cosine(miner, miner), 1.0, 1e-9);
  EXPECT_GT(cosine(miner, near), 0.6);
  EXPECT_LT(cosine(miner, far), 0.4);
}

TEST(ShapeClassifier, NamesMoreThanNineOfTenPicturesItHasNotSeen) {
  const ShapeClassifier classifier(20);
  Dice dice(99);
  int right = 0;
  for (int i = 0; i < 400; ++i) {
    const auto shape = static_cast<Shape>(i % shape_names.size());
    if (classifier.classify(draw(shape, dice)) == shape) ++right;
  }
  EXPECT_GT(right, 360) << "of 400";
}

TEST(Judge, GivesAnHonestAnswerNearlyFullMarks) {
  const Judge judge;
  for (const Task task : {Task::chat, Task::embedding, Task::image_classification}) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Question question = judge.question(task, seed);
      sum += judge.score(task, question, judge.answer(task, question.params).value());
    }
    EXPECT_GT(sum / 20, 0.9) << model_type_of(task);
  }
}

TEST(Judge, GivesTheAnswerToAnotherQuestionLittle) {
  const Judge judge;
  for (const Task task : {Task::chat, Task::embedding}) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Question question = judge.question(task, seed);
      const Question other = judge.question(task, seed + 1000);
      sum += judge.score(task, question, judge.answer(task, other.params).value());
    }
    EXPECT_LT(sum / 20, 0.25) << model_type_of(task);
  }
}

TEST(Judge, GivesNothingForWhatIsNoAnswer) {
  const Judge judge;
  for (const Task task : {Task::chat, Task::embedding, Task::image_classification}) {
    const Question question = judge.question(task, 1);
    EXPECT_EQ(judge.score(task, question, json::Value(nullptr)), 0);
    EXPECT_EQ(judge.score(task, question, json::Value{{"text", 7}, {"labels", 1}}), 0);
    EXPECT_EQ(judge.score(task, question, json::Value{{"embedding", {1, 2}}}), 0);
  }
}

TEST(Judge, AsksTheSameWhenTheChallengeIsTheSame) {
  const Judge judge;
  EXPECT_EQ(judge.question(Task::chat, 7).params, judge.question(Task::chat, 7).params);
  EXPECT_NE(judge.question(Task::chat, 7).params, judge.question(Task::chat, 8).params);
}

}  // namespace
}  // namespace subnetd::demo
