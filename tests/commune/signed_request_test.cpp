// SPDX-License-Identifier: 0BSD
#include "commune/signed_request.hpp"

#include <gtest/gtest.h>

#include "commune/canonical_json.hpp"
#include "commune/key_pair.hpp"
#include "commune/rate_limit.hpp"
#include "commune/timestamp.hpp"
#include "commune/vectors.hpp"
#include "domain/limits.hpp"

namespace subnetd::commune {
namespace {

constexpr const char* server = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
constexpr const char* sent_at = "2025-01-02T03:04:05.678901+00:00";
const std::int64_t sent_ms = *parse_timestamp(sent_at) / 1000;

// What a caller sends, and what comes of it.
struct Sent {
  std::string key, signature, crypto = "1", timestamp = sent_at;
  std::string body = std::string(R"({"params": {"msg": "hi", "target_key": ")") + server + "\"}}";
  bool address_denied = false;

  Sent& sign(const KeyPair& pair, const std::string& text) {
    key = hex_encode(pair.public_key());
    signature = hex_encode(pair.sign(bytes_of(text)));
    return *this;
  }
  // As communex does: over the canonical body with the timestamp added.
  Sent& sign(const KeyPair& pair) { return sign(pair, signed_text()); }
  std::string signed_text() const {
    auto object = CanonicalObject::read(body);
    if (!object) return body;
    if (!timestamp.empty()) object->set("timestamp", canonical_string(timestamp));
    return object->text();
  }
  Judged<Caller> judge(std::int64_t now_ms = sent_ms, const KeyLists& lists = {}) const {
    const auto opened =
        open_request({key, signature, crypto, timestamp, body, address_denied}, lists);
    if (!opened) return std::unexpected(opened.error());
    return close_request(*opened, match_signature(*opened), server, now_ms);
  }
  std::string refusal(std::int64_t now_ms = sent_ms, const KeyLists& lists = {}) const {
    const auto caller = judge(now_ms, lists);
    if (caller) return "200";
    return std::to_string(caller.error().status) + (caller.error().flat ? " flat " : " ") +
           caller.error().message;
  }
};

KeyPair alice() { return *KeyPair::from_uri("//Alice"); }
KeyPair bob() { return *KeyPair::from_uri("//Bob"); }

// Those that are judged together are judged as each alone.
TEST(SignedRequest, OneFormOfManyDoesNotChangeTheOthers) {
  const auto open = [](const Sent& sent) {
    return std::make_shared<const OpenedRequest>(
        *open_request({sent.key, sent.signature, sent.crypto, sent.timestamp, sent.body}, {}));
  };
  Sent raw, wrapped, forged = Sent().sign(alice());
  raw.sign(alice(), raw.body);
  wrapped.sign(bob(), "<Bytes>" + wrapped.signed_text() + "</Bytes>");
  forged.key = hex_encode(bob().public_key());
  const auto good = open(Sent().sign(alice())), other = open(Sent().sign(bob()));
  using All = std::vector<std::shared_ptr<const OpenedRequest>>;
  using Forms = std::vector<Form>;
  EXPECT_EQ(match_signatures(All{}), Forms{});
  EXPECT_EQ(match_signatures(All{good}), Forms{Form::canonical});
  EXPECT_EQ(match_signatures(All{good, other}), (Forms{Form::canonical, Form::canonical}));
  EXPECT_EQ(match_signatures(All{good, other, good, other}), Forms(4, Form::canonical));
  EXPECT_EQ(match_signatures(All{open(raw), good, open(forged), open(wrapped), other}),
            (Forms{Form::raw, Form::canonical, Form::none, Form::canonical, Form::canonical}));
}

TEST(SignedRequest, OfEveryRecordedClientIsAccepted) {
  const json::Value file = vectors("module-request-vectors.json");
  const json::Array& all = file.as_array();
  ASSERT_GE(all.size(), 9u);
  for (const json::Value& row : all) {
    const json::Value& headers = row.at("headers");
    Sent sent;
    sent.key = text_of(headers, "X-Key");
    sent.signature = text_of(headers, "X-Signature");
    sent.crypto = text_of(headers, "X-Crypto");
    sent.timestamp = text_of(headers, "X-Timestamp");
    sent.body = text_of(row, "body");
    EXPECT_EQ(sent.signed_text(), text_of(row, "signed_message"));
    const auto opened =
        open_request({sent.key, sent.signature, sent.crypto, sent.timestamp, sent.body}, {});
    ASSERT_TRUE(opened) << text_of(row, "name");
    EXPECT_EQ(opened->canonical, text_of(row, "signed_message"));
    const auto caller =
        close_request(*opened, match_signature(*opened), text_of(row, "target_key"),
                      *parse_timestamp(sent.timestamp) / 1000);
    EXPECT_TRUE(caller) << text_of(row, "name") << ": " << caller.error().message;
  }
}

// Where Commune's server ends in a 500, this one says what is wrong. Every row that was recorded of
// it is in tests/api/module_server_test.cpp.
TEST(SignedRequest, ThatBreaksTheRecordedServerIsRefusedInWords) {
  const KeyPair pair = alice();
  Sent sent;
  sent.sign(pair);
  const auto with = [&](auto change) {
    Sent other = sent;
    change(other);
    return other.refusal().substr(0, 3);
  };
  EXPECT_EQ(with([](Sent& s) { s.key += "00"; }), "400");
  EXPECT_EQ(with([](Sent& s) { s.key = std::string(64, 'f'); }), "401");
  EXPECT_EQ(with([](Sent& s) { s.signature += "00"; }), "400");
  EXPECT_EQ(with([](Sent& s) { s.signature.resize(126); }), "400");
  EXPECT_EQ(with([](Sent& s) { s.signature.resize(8000, 'a'); }), "400");
  EXPECT_EQ(with([](Sent& s) { s.signature[126] = '0'; }), "401");
  for (const char* crypto : {"0", "2", "abc", "1.0", "11", "-1"}) {
    EXPECT_EQ(with([&](Sent& s) { s.crypto = crypto; }), "400") << crypto;
  }
  for (const char* body : {"", "x", "[]", "null", "\"a\"", "{}", R"({"params":null})",
                           R"({"params":[1]})", R"({"params":"a"})"}) {
    EXPECT_EQ(with([&](Sent& s) { s.body = body; }), "400") << body;
    EXPECT_EQ(Sent{.body = body}.sign(pair, body).refusal().substr(0, 3), "400") << body;
  }
  for (const char* naive : {"2025-01-02T03:04:05", "2025-01-02"}) {
    EXPECT_EQ(Sent{.timestamp = naive}.sign(pair).refusal(),
              "400 flat Invalid ISO timestamp given");
  }
}

TEST(SignedRequest, FromTheAllZeroKeyIsRefusedWhateverItsSignature) {
  Sent sent;
  sent.key = std::string(64, '0');
  sent.signature = std::string(126, '0') + "80";
  EXPECT_EQ(sent.refusal(), "400 Caller key could not be decoded into a ss58address");
}

TEST(SignedRequest, HasItsTimeWithinTheWindowOnBothSides) {
  const Sent sent = Sent{}.sign(alice());
  EXPECT_EQ(sent.refusal(sent_ms + limits::signed_age_ms_max), "200");
  EXPECT_EQ(sent.refusal(sent_ms + limits::signed_age_ms_max + 1),
            "400 flat Request is too stale");
  EXPECT_EQ(sent.refusal(sent_ms - limits::signed_ahead_ms_max), "200");
  EXPECT_EQ(sent.refusal(sent_ms - limits::signed_ahead_ms_max - 1),
            "400 flat Request is from the future");
  EXPECT_EQ(sent.judge()->until_ms, sent_ms + limits::signed_age_ms_max);
}

// Commune's own server takes an old raw body with any fresh X-Timestamp.
TEST(SignedRequest, OverTheRawBodyCarriesItsTimeInside) {
  const KeyPair pair = alice();
  const std::string target = std::string(R"("target_key":")") + server + "\"";
  Sent inside{.timestamp = "",
              .body = "{\"params\":{" + target + ",\"timestamp\":\"" + sent_at + "\"}}"};
  inside.sign(pair, inside.body);
  EXPECT_EQ(inside.refusal(), "200");
  inside.timestamp = "2030-01-01T00:00:00+00:00";
  const std::int64_t then_ms = *parse_timestamp(inside.timestamp) / 1000;
  EXPECT_EQ(inside.refusal(then_ms), "400 flat Request is too stale");
  Sent without{.timestamp = "", .body = "{\"params\":{" + target + "}}"};
  without.sign(pair, without.body);
  EXPECT_EQ(without.refusal(), "400 flat Invalid ISO timestamp given");
  without.timestamp = sent_at;
  EXPECT_EQ(without.refusal(), "400 flat Invalid ISO timestamp given");
}

TEST(SignedRequest, ThatWasTamperedWithMatchesNoSignature) {
  const Sent sent = Sent{}.sign(alice());
  Sent other = sent;
  other.body.replace(other.body.find("hi"), 2, "ho");
  EXPECT_EQ(other.refusal(), "401 Signatures doesn't match");
  other = sent;
  other.timestamp = "2025-01-02T03:04:05.678902+00:00";
  EXPECT_EQ(other.refusal(), "401 Signatures doesn't match");
  other = sent;
  other.key = hex_encode(bob().public_key());
  EXPECT_EQ(other.refusal(), "401 Signatures doesn't match");
  other = sent;
  other.body.insert(1, R"("timestamp": "2020-01-01T00:00:00+00:00", )");
  EXPECT_EQ(other.refusal(), "401 Signatures doesn't match");
}

TEST(SignedRequest, IsTheSameCallerHoweverKeyAndSignatureAreSpelled) {
  Sent sent = Sent{}.sign(alice());
  const Caller first = *sent.judge();
  for (char& c : sent.key) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  sent.signature.insert(0, "0x");
  std::erase(sent.body, ' ');
  const Caller again = *sent.judge();
  EXPECT_EQ(again.key, first.key);
  EXPECT_EQ(again.hash, first.hash);
  EXPECT_NE(Sent{}.sign(alice()).judge()->hash, first.hash);  // signed anew
}

TEST(SignedRequest, MeetsTheListsBeforeItsSignatureAndDenyBeatsAllow) {
  Sent sent = Sent{}.sign(alice());
  sent.signature = "garbage";
  KeyLists lists;
  lists.allow.insert(bob().public_key());
  EXPECT_EQ(sent.refusal(sent_ms, lists), "403 You are not whitelisted");
  sent.address_denied = true;
  EXPECT_EQ(sent.refusal(sent_ms, lists), "403 Your IP is blacklisted");
  lists.allow.insert(alice().public_key());
  lists.deny.insert(alice().public_key());
  EXPECT_EQ(sent.refusal(sent_ms, lists), "403 You are blacklisted");
  EXPECT_EQ(Sent{}.sign(bob()).refusal(sent_ms, lists), "200");
}

TEST(SignedWrite, CoversMethodPathParamsAndTime) {
  const KeyPair pair = alice();
  const std::string body = R"({"id":"m1"})";
  const std::string text = signed_write_text("POST", "/api/v1/miners", R"({"id": "m1"})", sent_at);
  EXPECT_EQ(text, std::string(R"({"method": "POST", "path": "/api/v1/miners", "params": )"
                              R"({"id": "m1"}, "timestamp": ")") + sent_at + "\"}");
  const std::string key = hex_encode(pair.public_key());
  const std::string signature = hex_encode(pair.sign(bytes_of(text)));
  const auto judged = [&](std::string_view method, std::string_view path, std::string_view sent,
                          std::string_view time = sent_at) {
    const SentWrite write{{key, signature, "1", time, sent}, method, path};
    const auto opened = open_write(write, {});
    if (!opened) return opened.error().status;
    const auto caller = close_request(*opened, match_signature(*opened), server, sent_ms);
    return caller ? 200 : caller.error().status;
  };
  EXPECT_EQ(judged("POST", "/api/v1/miners", body), 200);
  EXPECT_EQ(judged("POST", "/api/v1/validators", body), 401);
  EXPECT_EQ(judged("PATCH", "/api/v1/miners", body), 401);
  EXPECT_EQ(judged("POST", "/api/v1/miners", R"({"id":"m2"})"), 401);
  EXPECT_EQ(judged("POST", "/api/v1/miners", body, "2025-01-02T03:04:06+00:00"), 401);
  EXPECT_EQ(judged("POST", "/api/v1/miners", body, ""), 400);
  EXPECT_EQ(judged("POST", "/api/v1/miners", "[]"), 400);
  // Cut characters at the very end, where more bytes would have to follow.
  for (const char* path : {"/api/v1/miners/\xF0", "/api/v1/miners/\xE2\x82", "/\xC3"}) {
    EXPECT_EQ(judged("POST", path, body), 400);
  }
}

TEST(RateLimit, AllowsSoManyAtOnceAndSoManyAMinute) {
  RateLimit limit;
  std::int64_t now_ms = 1'000'000;
  for (int i = 0; i < 60; ++i) EXPECT_EQ(limit.take("a", 60, now_ms), 0);
  EXPECT_EQ(limit.take("a", 60, now_ms), 1);
  EXPECT_EQ(limit.take("b", 60, now_ms), 0);
  EXPECT_EQ(limit.take("a", 60, now_ms + 999), 1);
  EXPECT_EQ(limit.take("a", 60, now_ms + 1'000), 0);
  EXPECT_EQ(limit.take("a", 0, now_ms), 0);
  EXPECT_EQ(limit.take("c", 1, now_ms), 0);
  EXPECT_EQ(limit.take("c", 1, now_ms), 60);
}

TEST(RateLimit, ForgetsFullBucketsAndTakesNoMoreThanItMayKeep) {
  RateLimit limit;
  for (std::size_t i = 0; i < limits::rate_buckets_max; ++i) {
    ASSERT_EQ(limit.take(std::to_string(i), 60, 5'000), 0);
  }
  EXPECT_EQ(limit.take("one more", 60, 5'000), 60);
  EXPECT_EQ(limit.size(), limits::rate_buckets_max);
  EXPECT_EQ(limit.take("one more", 60, 70'000), 0);
  EXPECT_EQ(limit.size(), 1u);
}

}  // namespace
}  // namespace subnetd::commune
