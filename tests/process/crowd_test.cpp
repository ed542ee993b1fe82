// SPDX-License-Identifier: 0BSD
// Thousands of clients that are slow or say nothing do not stop one that is quick.
#include <sys/resource.h>

#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

// As many descriptors as the machine lets a process have; the daemon inherits it.
std::size_t raise_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

// A process that is started meanwhile may open this many, until it asks for more.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t soft) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{soft, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

double number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + words.size()));
}

TEST(Crowd, FourThousandSlowClientsDoNotStopAQuickOne) {
  const std::size_t count = std::min<std::size_t>(4'000, raise_descriptors() - 200);
  const Scratch folder;
  Daemon daemon(quiet_config(folder));
  ASSERT_TRUE(daemon.is_serving()) << daemon.log();
  Client quick(daemon.port());
  ASSERT_TRUE(eventually([&] { return quick.get("/readyz").status == 200; }));
  net::asio::io_context io;
  std::vector<net::tcp::socket> slow;
  const std::string host = "Host: 127.0.0.1:" + std::to_string(daemon.port()) + "\r\n";
  const std::string parts[] = {
      "", "G", "POST /api/v1/miners HTTP/1.1\r\nHos",
      "POST /api/v1/miners HTTP/1.1\r\n" + host +
          "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"id\":"};
  for (std::size_t i = 0; i < count; ++i) {
    slow.emplace_back(io).connect({net::asio::ip::address_v4::loopback(), daemon.port()});
    boost::system::error_code ignored;
    net::asio::write(slow.back(), net::asio::buffer(parts[i % 4]), ignored);
  }
  // All that say nothing are still there while the quick one is served.
  EXPECT_GE(number_after(quick.get("/metrics").text, "\nsubnetd_http_connections "),
            static_cast<double>(count / 4));
  for (int i = 0; i < 200; ++i) {
    const std::string id = "m" + std::to_string(i);
    const Answer put = quick.post("/api/v1/miners", miner_body(id, "my-llama-3", "http://1.1.1.1"));
    ASSERT_EQ(put.status, 201) << put.text;
    ASSERT_EQ(quick.get("/api/v1/miners/" + id).at("model_type"), "chat");
  }
  EXPECT_GE(number_after(quick.get("/metrics").text, "\nsubnetd_http_connections "),
            static_cast<double>(count / 4));
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), (End{128 + SIGTERM, 0})) << daemon.log();
}

TEST(Crowd, IsServedBeyondTheSoftLimitOfDescriptorsThatTheDaemonWasStartedWith) {
  const std::size_t count = std::min<std::size_t>(500, raise_descriptors() - 200);
  const Scratch folder;
  const std::string config = quiet_config(folder);
  std::unique_ptr<Daemon> daemon;
  {
    const FewDescriptors few(256);
    daemon = std::make_unique<Daemon>(config);
  }
  ASSERT_TRUE(daemon->is_serving()) << daemon->log();
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(daemon->port()));
    ASSERT_EQ(clients.back()->get("/api/v1/subnet").status, 200) << i;
  }
}

}  // namespace
}  // namespace subnetd::process
