// SPDX-License-Identifier: 0BSD
#include "silent_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace subnetd::bench {
namespace {

constexpr std::uint32_t answer_command = 0;  // any other number: how many to expect
constexpr std::string_view reply =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n"
    "Connection: close\r\n\r\n{\"score\":0.5}";

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The child: one epoll over the listener, the command pipe and the connections.
class Holder {
 public:
  Holder(int listener, int commands, int reports)
      : listener_(listener), commands_(commands), reports_(reports), poll_(epoll_create1(0)) {
    watch(listener_);
    watch(commands_);
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int n = epoll_wait(poll_, events.data(), events.size(), -1);
      for (int e = 0; e < n; ++e) {
        const int fd = events[static_cast<std::size_t>(e)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else if (fd != commands_) {
          hold(fd);
        } else if (!obey()) {
          return;
        }
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) watch(fd);
  }

  // Requests are small: they come whole.
  void hold(int fd) {
    std::array<char, 4096> request;
    if (read(fd, request.data(), request.size()) <= 0) {
      close(fd);
      return;
    }
    epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
    held_.push_back(fd);
    if (held_.size() == expected_ && write(reports_, "h", 1) != 1) give_up("report");
  }

  // False once the parent is gone.
  bool obey() {
    std::uint32_t command = 0;
    if (read(commands_, &command, sizeof(command)) != sizeof(command)) return false;
    if (command != answer_command) {
      expected_ = command;
      return true;
    }
    for (const int fd : held_) {
      (void)!write(fd, reply.data(), reply.size());
      close(fd);
    }
    held_.clear();
    return true;
  }

  int listener_, commands_, reports_, poll_;
  std::size_t expected_ = 0;
  std::vector<int> held_;
};

}  // namespace

SilentServer::SilentServer() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, name, size) != 0 || listen(listener, 4096) != 0) give_up("listen");
  getsockname(listener, name, &size);
  port_ = ntohs(address.sin_port);
  int down[2], up[2];
  if (pipe(down) != 0 || pipe(up) != 0) give_up("pipe");
  child_ = fork();
  if (child_ < 0) give_up("fork");
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(down[1]);
    close(up[0]);
    signal(SIGPIPE, SIG_IGN);
    Holder(listener, down[0], up[1]).run();
    _exit(0);
  }
  close(listener);
  close(down[0]);
  close(up[1]);
  to_child_ = down[1];
  from_child_ = up[0];
}

SilentServer::~SilentServer() {
  close(to_child_);
  close(from_child_);
  waitpid(child_, nullptr, 0);
}

void SilentServer::expect(std::uint32_t n) const {
  if (write(to_child_, &n, sizeof(n)) != sizeof(n)) give_up("command");
}

void SilentServer::answer_all() const {
  expect(answer_command);
}

std::uint64_t SilentServer::resident_bytes() const {
  return bench::resident_bytes(child_);
}

std::uint64_t resident_bytes(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/statm");
  std::uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace subnetd::bench
