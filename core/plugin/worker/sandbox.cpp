// SPDX-License-Identifier: 0BSD
#include "plugin/worker/sandbox.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "plugin/worker/channel.hpp"

// A sanitizer's runtime needs terabytes of addresses and its own system calls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SUBNETD_SANITIZED 1
#else
#define SUBNETD_SANITIZED 0
#endif

namespace subnetd::plugin::worker {
namespace {

constexpr std::uint64_t open_files = 64;

bool limit(__rlimit_resource what, std::uint64_t to) {
  const rlimit both{to, to};
  return ::setrlimit(what, &both) == 0;
}

// The folders that the dynamic loader reads.
constexpr const char* library_folders[] = {"/usr/lib", "/usr/lib64", "/lib", "/lib64",
                                           "/usr/local/lib", "/etc/ld.so.cache"};

// Where the kernel lacks Landlock, seccomp is what there is.
void forbid_files() {
  landlock_ruleset_attr all{};
  all.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // what version 1 knows
  const int rules =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0));
  if (rules < 0) return;
  const Fd closed(rules);
  for (const char* folder : library_folders) {
    const Fd opened(::open(folder, O_PATH | O_CLOEXEC));
    if (!opened) continue;
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    beneath.parent_fd = opened.get();
    (void)::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  }
  (void)::syscall(SYS_landlock_restrict_self, rules, 0);
}

// What a computation needs: memory, clocks, threads, its own end, and the channel.
constexpr int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
    SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(fcntl), SCMP_SYS(openat), SCMP_SYS(open),
    SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(getcpu), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(poll),
    SCMP_SYS(pause),
    SCMP_SYS(seccomp), SCMP_SYS(getrlimit)};

bool allow_some(scmp_filter_ctx filter) {
  const auto pid = static_cast<scmp_datum_t>(::getpid());
  // A thread, not a process; whoever asks by a struct that cannot be looked into is sent here.
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                          SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
         // A signal to itself, as abort() sends it.
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, pid)) == 0 &&
         // A log line.
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
                          SCMP_A0(SCMP_CMP_EQ, control_fd)) == 0 &&
         // To ask for limits, not to set them.
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                          SCMP_A2(SCMP_CMP_EQ, 0)) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                          SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) == 0;
}

std::string load(scmp_filter_ctx filter, bool built) {
  int failed = built ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -EINVAL;
  // no_new_privs is set already, and the first filter forbids to ask again.
  if (failed == 0) failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
  if (failed == 0) failed = seccomp_load(filter);
  seccomp_release(filter);
  if (failed == 0) return {};
  return std::string("no filter of system calls (seccomp): ") + std::strerror(-failed);
}

}  // namespace

std::string enter_sandbox(std::uint64_t memory_mib) {
  const std::uint64_t addresses = (memory_mib << 20) + 2 * shared_bytes;
  const bool limited = (SUBNETD_SANITIZED || limit(RLIMIT_AS, addresses)) &&
                       limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) &&
                       limit(RLIMIT_NOFILE, open_files);
  if (!limited) return std::string("limits: ") + std::strerror(errno);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::string("no_new_privs: ") + std::strerror(errno);
  }
  if (SUBNETD_SANITIZED) return {};
  forbid_files();
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return "no memory for a filter of system calls";
  bool built = allow_some(filter);
  for (const int call : allowed) {
    built = built && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  return load(filter, built);
}

std::string close_files() {
  if (SUBNETD_SANITIZED) return {};
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return "no memory for a filter of system calls";
  const bool built =
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0) == 0 &&
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 0) == 0 &&
      seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(seccomp), 0) == 0;
  return load(filter, built);
}

}  // namespace subnetd::plugin::worker
