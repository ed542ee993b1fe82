// SPDX-License-Identifier: 0BSD
#include "net/http_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>

#include "json/json.hpp"
#include "loopback.hpp"

namespace subnetd::net {
namespace {

struct Vector {
  std::string name;
  std::string bytes;
  int status = 0;
};

std::string latin1(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      out += utf8[i];
    } else {
      ++i;
      out += static_cast<char>(((byte & 3) << 6) | (static_cast<unsigned char>(utf8[i]) & 0x3F));
    }
  }
  return out;
}

std::vector<Vector> vectors() {
  std::ifstream file(SUBNETD_SOURCE_DIR "/tests/vectors/http-smuggling.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto document = json::parse(text, 1 << 20);
  std::vector<Vector> all;
  if (!document) return all;
  for (const auto& item : document->as_object().at("vectors").as_array()) {
    const auto fields = *json::Fields::of(item);
    all.push_back({*fields.text("name", 1, 100), latin1(*fields.text("bytes", 0, 100'000)),
                   static_cast<int>(*fields.whole("status", 200, 599))});
  }
  return all;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

int verdict_of(std::string_view header, GateLimits limits = {}) {
  GateHeader out;
  HeaderScan scan;
  const auto state = scan.scan(header, limits);
  if (state == HeaderScan::State::refused) return scan.verdict().status;
  if (state == HeaderScan::State::more) return -1;
  return check_header(header, limits, out).status;
}

constexpr std::string_view marker = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpGate, AnswersEachOfTheFiftyOneVectorsAsDecidedAndReadsNothingAfterARefusal) {
  const auto all = vectors();
  ASSERT_EQ(all.size(), 51u);
  std::atomic<int> smuggled = 0;
  LoopbackServer server([&smuggled](HttpRequest request) {
    if (request.path == "/smuggled") ++smuggled;
    return echo(std::move(request));
  });
  for (const Vector& vector : all) {
    SCOPED_TRACE(vector.name);
    RawClient client(server.port());
    client.send(vector.bytes + std::string(marker));
    const std::string answers = client.read_all();
    EXPECT_EQ(status_of(answers), vector.status) << answers;
    EXPECT_NE(answers.find("Connection: close"), std::string::npos);
    EXPECT_EQ(answers.find("Content-Type: "), answers.rfind("Content-Type: ")) << answers;
    EXPECT_EQ(smuggled.load(), 0);
  }
}

TEST(HttpGate, TakesTheFieldLimitAndRefusesOneMore) {
  std::string fields = "Host: a\r\n";
  for (std::size_t i = 1; i < limits::http_header_fields_max; ++i) fields += "x: y\r\n";
  EXPECT_EQ(verdict_of(get(fields)), 0);
  EXPECT_EQ(verdict_of(get(fields + "x: y\r\n")), 431);
}

TEST(HttpGate, TakesTheHeaderLimitAndRefusesOneMoreByte) {
  const std::size_t frame = get("Host: a\r\nx: \r\n").size();
  const std::string filler(limits::http_header_bytes_max - frame, 'v');
  EXPECT_EQ(verdict_of(get("Host: a\r\nx: " + filler + "\r\n")), 0);
  EXPECT_EQ(verdict_of(get("Host: a\r\nx: " + filler + "v\r\n")), 431);
}

TEST(HttpGate, TakesTheTargetLimitAndRefusesOneMoreByte) {
  const std::string target = "/" + std::string(limits::http_target_bytes_max - 1, 'a');
  EXPECT_EQ(verdict_of("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(verdict_of("GET " + target + "a HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
}

TEST(HttpGate, RefusesWhatBeastWouldLetThrough) {
  for (const char* bad :
       {"Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", "Host: a\r\nHTTP2-Settings: x\r\n",
        "Host: a\r\nUpgrade: websocket, h2c\r\n", "Host: \r\n", "Host: a b\r\n", "Host: a,b\r\n",
        "Host: a\r\n\tfolded\r\n", "Host: a\r\nno colon\r\n", "Host: a\r\n: empty name\r\n",
        "Host: a\r\nContent-Length: 00000000000000000005\r\n",
        "Host: a\r\nContent-Length: 5 5\r\n"}) {
    EXPECT_EQ(verdict_of(get(bad)), 400) << bad;
  }
  for (const char* bad :
       {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    EXPECT_EQ(verdict_of(bad), 400) << bad;
  }
  EXPECT_EQ(verdict_of(get("Host: a\r\nExpect: tea\r\n")), 417);
}

TEST(HttpGate, LetsOrdinaryRequestsThrough) {
  for (const char* good :
       {"GET /a?b=%20&c=d HTTP/1.1\r\nHost: a.example:8080\r\nAccept: */*\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: [::1]:80\r\n\r\n",
        "GET / HTTP/1.1\r\nhost:a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
        "DELETE /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"}) {
    EXPECT_EQ(verdict_of(good), 0) << good;
  }
}

}  // namespace
}  // namespace subnetd::net
