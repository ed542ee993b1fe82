// SPDX-License-Identifier: 0BSD
// A disk that takes no more: the daemon ends at once instead of serving what it could not keep, and
// what it had acknowledged is there when there is room again.
#include <signal.h>
#include <sys/resource.h>

#include "process/daemon.hpp"

namespace subnetd::process {
namespace {

// Files of the process cannot grow beyond `bytes`: the next write of the journal fails.
void limit_files(pid_t process, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(process, RLIMIT_FSIZE, &limit, nullptr), 0);
}

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGXFSZ, SIG_IGN);  // inherited: the write fails as on a full disk
    daemon_ = std::make_unique<Daemon>(config_);
    ::signal(SIGXFSZ, SIG_DFL);
    ASSERT_TRUE(daemon_->is_serving()) << daemon_->log();
    client_ = std::make_unique<Client>(daemon_->port());
  }
  std::optional<Answer> add(int number) {
    return client_->try_call(
        "POST", "/api/v1/miners",
        miner_body("m" + std::to_string(number), "my-llama-3", "http://1.1.1.1:8000"));
  }
  // Registers until nothing is answered any more; how many were.
  int add_until_it_ends() {
    int added = 0;
    for (;;) {
      const auto answer = add(added);
      if (!answer) return added;
      EXPECT_EQ(answer->status, 201) << answer->text;
      if (answer->status != 201) return added;
      ++added;
    }
  }

  Scratch folder_;
  const std::string config_ = quiet_config(folder_);
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Client> client_;
};

TEST_F(FullDisk, EndsTheDaemonAtTheWriteThatFails) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(add(1'000 + i));
  const auto log_bytes = std::filesystem::file_size(folder_.file("j.db-wal"));
  limit_files(daemon_->pid(), log_bytes + 100'000);
  const int added = add_until_it_ends();
  EXPECT_EQ(daemon_->wait(), (End{1, 0})) << daemon_->log();
  EXPECT_NE(daemon_->log().find("\"event\":\"journal.lost\""), std::string::npos);
  EXPECT_NE(daemon_->log().find(folder_.file("j.db")), std::string::npos);

  Daemon again(config_);
  ASSERT_TRUE(again.is_serving()) << again.log();
  Client client(again.port());
  const auto miners = client.list("/api/v1/miners");
  // The one whose write failed was not answered; it is nowhere.
  EXPECT_EQ(miners.size(), static_cast<std::size_t>(10 + added));
}

}  // namespace
}  // namespace subnetd::process
