// SPDX-License-Identifier: 0BSD
#include "plugin/worker/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "domain/limits.hpp"

namespace subnetd::plugin::worker {
namespace {

constexpr std::size_t last_words_max = 400;
constexpr int dying_ms = 1'000;

std::unexpected<Error> not_started(const std::filesystem::path& program, const char* what,
                                   int number) {
  return fail(Errc::plugin,
              program.string() + ": no worker process: " + what + ": " + std::strerror(number),
              "subnetd-worker belongs beside subnetd; [plugins] worker names another");
}

// Where the worker's descriptors go does not collide with where they are.
Fd moved_up(int fd) { return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 64)); }

// What a worker is started with; freed whatever happens.
class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  bool give(int fd, int as) {
    kept_.push_back(moved_up(fd));
    return kept_.back() &&
           ::posix_spawn_file_actions_adddup2(&actions_, kept_.back().get(), as) == 0;
  }
  bool open_null(int as) {
    return ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0) == 0;
  }
  bool close_rest() {
    return ::posix_spawn_file_actions_addclosefrom_np(&actions_, first_free_fd) == 0;
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  std::vector<Fd> kept_;
};

// The daemon may block or ignore signals; its worker starts as a program does.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: a Ctrl-C for the daemon is the daemon's to act on.
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::string how_it_ended(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return "ended with exit code " + std::to_string(end.si_status);
  const char* name = ::sigabbrev_np(end.si_status);
  std::string text =
      "was killed by SIG" + std::string(name != nullptr ? name : std::to_string(end.si_status));
  if (end.si_status == SIGSYS) {
    text += ", for a system call that plugins may not make (files, sockets, processes)";
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::start(const std::filesystem::path& program,
                                                const Limits& limits, int requests, int answers,
                                                int library) {
  std::unique_ptr<Process> self(new Process);
  int control[2], words[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) {
    return not_started(program, "socketpair", errno);
  }
  self->control_ = Fd(control[0]);
  const Fd worker_control(control[1]);
  if (::pipe2(words, O_CLOEXEC | O_NONBLOCK) != 0) return not_started(program, "pipe", errno);
  self->stderr_ = Fd(words[0]);
  const Fd worker_stderr(words[1]);
  int call_bell[2], done_bell[2];
  if (::pipe2(call_bell, O_CLOEXEC) != 0) return not_started(program, "pipe", errno);
  self->call_bell_ = Fd(call_bell[1]);
  self->call_bell_end_ = Fd(call_bell[0]);
  if (::pipe2(done_bell, O_CLOEXEC) != 0) return not_started(program, "pipe", errno);
  self->done_bell_ = Fd(done_bell[0]);
  const Fd worker_done_bell(done_bell[1]);

  Actions actions;
  const bool given = actions.open_null(0) && actions.open_null(1) &&
                     actions.give(worker_stderr.get(), 2) &&
                     actions.give(worker_control.get(), control_fd) &&
                     actions.give(requests, requests_fd) && actions.give(answers, answers_fd) &&
                     actions.give(self->call_bell_end_.get(), call_bell_fd) &&
                     actions.give(worker_done_bell.get(), done_bell_fd) &&
                     actions.give(library, library_fd) && actions.close_rest();
  if (!given) return not_started(program, "descriptors", errno);
  std::string name = "subnetd-worker", memory = std::to_string(limits.memory_mib);
  char* arguments[] = {name.data(), memory.data(), nullptr};
  char* environment[] = {nullptr};
  const Attributes attributes;
  const int refused = ::posix_spawn(&self->pid_, program.c_str(), actions.get(),
                                    attributes.get(), arguments, environment);
  if (refused != 0) {
    self->pid_ = -1;
    return not_started(program, "posix_spawn", refused);
  }
  // By number, as glibc 2.36 declares it without extern "C".
  self->pid_fd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, self->pid_, 0)));
  if (!self->pid_fd_) return not_started(program, "pidfd_open", errno);
  return self;
}

Process::~Process() { (void)bury(); }

Process::End Process::call(std::chrono::milliseconds deadline) {
  const char ring = 1;
  if (::write(call_bell_.get(), &ring, 1) != 1) return End::died;
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    pollfd on[] = {{done_bell_.get(), POLLIN, 0}, {pid_fd_.get(), POLLIN, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    const int ready = ::poll(on, 2, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return End::late;
    if ((on[0].revents & POLLIN) == 0) {
      // Its end of the bell closes before it can be asked how it ended.
      if ((on[1].revents & POLLIN) == 0) (void)::poll(&on[1], 1, dying_ms);
      return End::died;
    }
    char rung = 0;
    if (::read(done_bell_.get(), &rung, 1) == 1) return End::answered;
  }
}

bool Process::next_log(int& level, std::string& text) {
  char line[sizeof(std::int32_t) + limits::plugin_text_bytes_max];
  const ssize_t n = ::recv(control_.get(), line, sizeof(line), MSG_DONTWAIT);
  if (n < static_cast<ssize_t>(sizeof(std::int32_t))) return false;
  std::int32_t number = 0;
  std::memcpy(&number, line, sizeof(number));
  level = number;
  text.assign(line + sizeof(number), static_cast<std::size_t>(n) - sizeof(number));
  return true;
}

std::string Process::bury() {
  if (buried_ || pid_ < 0) return "is gone";
  buried_ = true;
  siginfo_t end{};
  const auto wait = [&](int flags) {
    return ::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | flags) == 0 && end.si_pid != 0;
  };
  std::string text;
  if (wait(WNOHANG)) {
    text = how_it_ended(end);
  } else {
    ::kill(pid_, SIGKILL);
    while (!wait(0) && errno == EINTR) {}
    text = "was ended";
  }
  char words[last_words_max];
  const ssize_t n = ::read(stderr_.get(), words, sizeof(words));
  if (n > 0) text += "; its last words: " + std::string(words, static_cast<std::size_t>(n));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace subnetd::plugin::worker
