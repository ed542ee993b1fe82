// SPDX-License-Identifier: 0BSD
#include "plugin/conformance/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace subnetd::plugin::conformance {
namespace {

constexpr std::size_t report_bytes_max = 1 << 20;
constexpr int poll_ms = 50;

struct Footprint {
  std::atomic<std::uint64_t> steps;
  char slot[48];
  char about[160];
  char place[160];
};

Footprint* footprint = nullptr;
NameOfAddress name_of = nullptr;

void on_fault(int number, siginfo_t* what, void* context) {
  bool write = false;
#if defined(__x86_64__)
  write = (static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
  (void)context;
#endif
  if (name_of != nullptr) {
    name_of(what->si_addr, write, footprint->place, sizeof(footprint->place));
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void prepare() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);  // what it leaves behind ends with it
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  // A stack of its own: the plugin may have used up the other one.
  static char stack[64 * 1024];
  stack_t other{};
  other.ss_sp = stack;
  other.ss_size = sizeof(stack);
  ::sigaltstack(&other, nullptr);
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  for (int number : {SIGSEGV, SIGBUS}) ::sigaction(number, &action, nullptr);
  for (int number : {SIGABRT, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
}

[[noreturn]] void live(const std::function<std::string()>& body, int to) {
  prepare();
  std::string report;
  try {
    report = body();
  } catch (const std::exception& e) {
    report = std::string("Fthe check itself threw: ") + e.what();
  }
  std::size_t sent = 0;
  while (sent < report.size()) {
    const ssize_t n = ::write(to, report.data() + sent, report.size() - sent);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  std::fflush(nullptr);
  ::_exit(0);
}

std::string about() {
  return footprint->about[0] == '\0' ? "" : std::string(", with ") + footprint->about;
}

std::string where() {
  std::string text =
      footprint->slot[0] == '\0' ? " outside any slot" : std::string(" in ") + footprint->slot;
  text += about();
  if (footprint->place[0] != '\0') text += std::string(": ") + footprint->place;
  return text;
}

std::string death(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return "crashed with SIG" + std::string(name == nullptr ? "?" : name) + where();
  }
  return "ended its process with exit code " + std::to_string(WEXITSTATUS(status)) + where();
}

// Reads until the child closes the pipe; false when a call into the plugin lasts too long.
bool read_report(int from, pid_t child, std::string& report, std::chrono::milliseconds deadline) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t steps = footprint->steps;
  Clock::time_point moved = Clock::now();
  char part[4096];
  while (true) {
    pollfd ready{from, POLLIN, 0};
    const int n = ::poll(&ready, 1, poll_ms);
    if (n > 0) {
      const ssize_t bytes = ::read(from, part, sizeof(part));
      if (bytes == 0) return true;
      if (bytes > 0 && report.size() < report_bytes_max) {
        report.append(part, static_cast<std::size_t>(bytes));
      }
      continue;
    }
    // It has ended, and somebody that it started still has the pipe.
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == child) {
      return true;
    }
    const std::uint64_t now = footprint->steps;
    const bool in_slot = footprint->slot[0] != '\0';
    if (now != steps || !in_slot) moved = Clock::now();
    steps = now;
    if (Clock::now() - moved > deadline) return false;
  }
}

}  // namespace

InSlot::InSlot(const char* slot) {
  if (footprint == nullptr) return;
  std::snprintf(footprint->slot, sizeof(footprint->slot), "%s", slot);
  ++footprint->steps;
}

InSlot::~InSlot() {
  if (footprint == nullptr) return;
  footprint->slot[0] = '\0';
  ++footprint->steps;
}

About::About(const std::string& what) {
  if (footprint != nullptr) {
    std::snprintf(footprint->about, sizeof(footprint->about), "%s", what.c_str());
  }
}

About::~About() {
  if (footprint != nullptr) footprint->about[0] = '\0';
}

ChildEnd run_in_child(const std::function<std::string()>& body, std::chrono::milliseconds deadline,
                      NameOfAddress name_of_address) {
  void* shared =
      ::mmap(nullptr, sizeof(Footprint), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2] = {-1, -1};
  if (shared == MAP_FAILED || ::pipe2(ends, O_CLOEXEC) != 0) {
    return {false, false, std::string("no child process: ") + std::strerror(errno)};
  }
  footprint = new (shared) Footprint{};
  name_of = name_of_address;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) live(body, ends[1]);
  ::close(ends[1]);
  ChildEnd end;
  if (child < 0) {
    end.text = std::string("no child process: ") + std::strerror(errno);
  } else {
    end.hung = !read_report(ends[0], child, end.text, deadline);
    if (end.hung) ::kill(child, SIGKILL);
    ::kill(-child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    end.reported = !end.hung && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !end.text.empty();
    if (end.hung) {
      end.text = std::string(footprint->slot) + " did not return within " +
                 std::to_string(deadline.count()) + " ms" + about();
    } else if (!end.reported) {
      end.text = death(status);
    }
  }
  ::close(ends[0]);
  footprint = nullptr;
  ::munmap(shared, sizeof(Footprint));
  return end;
}

}  // namespace subnetd::plugin::conformance
