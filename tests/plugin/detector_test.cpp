// SPDX-License-Identifier: 0BSD
#include "plugin/detector.hpp"

#include "plugin/fixtures.hpp"

namespace {

using namespace fixtures;
using subnetd::Detection;
using subnetd::DetectionSubject;

std::string ask(const std::string& fixture) {
  plugin::Detector detector(must_start(fixture));
  const DetectionSubject subject{"whisper-1", "", "module"};
  const DetectionSubject* one[] = {&subject};
  std::vector<Detection> answer;
  const auto ok = detector.detect(one, answer);
  return ok ? answer.at(0).model_type : ok.error().message;
}

TEST(Detector, AnswersWithATypeItDeclared) {
  EXPECT_EQ(ask("good_detector"), "speech");
}

TEST(Detector, LetsNoAnswerOutThatIsOutOfRangeOrForgotten) {
  for (const char* fixture :
       {"type_out_of_range", "confidence_out_of_range", "forgets_a_row", "odd_flags"}) {
    EXPECT_NE(ask(fixture).find("broke its contract: row 0"), std::string::npos) << fixture;
  }
  EXPECT_NE(ask("limit").find("failed with -5"), std::string::npos);
}

TEST(Detector, IsOutOfServiceWithTypesThatClashOrAreReserved) {
  for (const char* fixture : {"twin_types", "unknown_type"}) {
    plugin::Detector detector(must_start(fixture));
    EXPECT_TRUE(detector.instance().disabled()) << fixture;
    EXPECT_TRUE(detector.types().empty());
  }
}

TEST(Chain, PassesOverADetectorThatFails) {
  plugin::DetectorChain chain;
  chain.add(plugin::Detector(must_start("internal")), 0);
  chain.add(plugin::Detector(must_start("type_out_of_range")), 0);
  chain.add(plugin::Detector(must_start("good_detector")), 900'000);
  const std::vector<DetectionSubject> subjects{{"whisper-1", "", "module"},
                                               {"falcon", "", "module"}};
  for (int i = 0; i < 5; ++i) {
    const auto found = chain.detect(subjects);
    EXPECT_EQ(found[0].model_type, "speech");
    EXPECT_EQ(found[0].detector, "fixture.good_detector/good_detector");
    EXPECT_EQ(found[1].model_type, subnetd::unknown_model_type);
  }
  EXPECT_TRUE(chain.instances()[0]->disabled());
  EXPECT_TRUE(chain.instances()[1]->disabled());
  EXPECT_FALSE(chain.instances()[2]->disabled());
}

TEST(Chain, TakesTheMostConfidentWhereNobodyIsConfidentEnough) {
  plugin::DetectorChain chain;
  chain.add(plugin::Detector(must_start("good_detector")), 960'000);
  const std::vector<DetectionSubject> subjects{{"whisper-1", "", "module"}};
  EXPECT_EQ(chain.detect(subjects)[0].confidence_ppm, 950'000u);
}

}  // namespace
