// SPDX-License-Identifier: 0BSD
#include "plugin/crash_file.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "plugin/durable_file.hpp"

namespace subnetd::plugin {
namespace {

constexpr std::array deadly{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t crash_bytes_max = 64 * 1024;
constexpr std::size_t stack_bytes_searched = 256 * 1024;

struct Mapping {
  std::uintptr_t begin = 0, end = 0, base = 0;
  const PluginName* plugin = nullptr;
};

// Written by the control thread, read by a handler of any.
std::array<Mapping, 2048> mappings;
std::atomic<std::size_t> mappings_used{0};

std::atomic<int> crash_fd{-1};
std::atomic<pid_t> caught_pid{0};
std::array<struct sigaction, 65> actions_before;

thread_local PluginCall this_thread;

// A stack for the handler: the plugin may have used up the thread's own.
class AltStack {
 public:
  AltStack() {
    bytes_ = std::max<std::size_t>(64 * 1024, static_cast<std::size_t>(::sysconf(_SC_SIGSTKSZ)));
    map_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map_ == MAP_FAILED) return;
    stack_t stack{};
    stack.ss_sp = map_;
    stack.ss_size = bytes_;
    ::sigaltstack(&stack, &before_);
  }
  ~AltStack() {
    if (map_ == MAP_FAILED) return;
    if ((before_.ss_flags & SS_DISABLE) != 0) before_ = stack_t{nullptr, SS_DISABLE, 0};
    ::sigaltstack(&before_, nullptr);
    ::munmap(map_, bytes_);
  }
  AltStack(const AltStack&) = delete;
  AltStack& operator=(const AltStack&) = delete;

 private:
  void* map_ = MAP_FAILED;
  std::size_t bytes_ = 0;
  stack_t before_{};
};

void use_alt_stack() {
  static thread_local const AltStack stack;
}

const Mapping* mapping_at(std::uintptr_t address) {
  const std::size_t used = std::min(mappings_used.load(), mappings.size());
  for (std::size_t i = 0; i < used; ++i) {
    if (address >= mappings[i].begin && address < mappings[i].end) return &mappings[i];
  }
  return nullptr;
}

// A return address into a plugin, on a stack that need not be whole.
const Mapping* mapping_on_stack(std::uintptr_t stack) {
  std::array<std::uintptr_t, 512> words;
  for (std::size_t searched = 0; searched < stack_bytes_searched; searched += sizeof(words)) {
    iovec here{words.data(), sizeof(words)};
    iovec there{reinterpret_cast<void*>(stack + searched), sizeof(words)};
    const ssize_t n = ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0);
    if (n <= 0) return nullptr;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n) / sizeof(words[0]); ++i) {
      if (const Mapping* found = mapping_at(words[i])) return found;
    }
  }
  return nullptr;
}

// One "key value" line, without allocation.
class Line {
 public:
  explicit Line(const char* key) {
    text(key);
    text(" ");
  }
  ~Line() {
    text("\n");
    [[maybe_unused]] const ssize_t written = ::write(crash_fd, bytes_, used_);
  }
  void text(const char* words) {
    while (*words != '\0' && used_ < sizeof(bytes_)) bytes_[used_++] = *words++;
  }
  void hex(std::uintptr_t number) {
    char digits[2 * sizeof(number)];
    std::size_t n = 0;
    do {
      digits[n++] = "0123456789abcdef"[number & 15];
      number >>= 4;
    } while (number != 0);
    text("0x");
    while (n > 0 && used_ < sizeof(bytes_)) bytes_[used_++] = digits[--n];
  }

 private:
  char bytes_[4200];
  std::size_t used_ = 0;
};

void write_crash(const char* how, const char* evidence, const PluginName* plugin, const char* slot,
                 std::uintptr_t offset) {
  Line("how").text(how);
  if (plugin != nullptr) {
    Line("evidence").text(evidence);
    Line("sha256").text(plugin->sha256.c_str());
    Line("file").text(plugin->file.c_str());
    Line("id").text(plugin->id.c_str());
    if (slot != nullptr) Line("slot").text(slot);
  }
  Line("at").hex(offset);
  ::fsync(crash_fd);
}

void on_deadly(int number, siginfo_t*, void* raw_context) {
  static std::atomic_flag begun;
  const auto* context = static_cast<const ucontext_t*>(raw_context);
#if defined(__x86_64__)
  const auto pc = static_cast<std::uintptr_t>(context->uc_mcontext.gregs[REG_RIP]);
  const auto stack = static_cast<std::uintptr_t>(context->uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  const auto pc = static_cast<std::uintptr_t>(context->uc_mcontext.pc);
  const auto stack = static_cast<std::uintptr_t>(context->uc_mcontext.sp);
#else
#error "unknown machine"
#endif
  // A child that a plugin forked is not the daemon; the first thread to fall tells.
  if (::getpid() == caught_pid && !begun.test_and_set()) {
    const char* how = ::sigabbrev_np(number);
    const PluginCall call = this_thread;
    if (const Mapping* at = mapping_at(pc)) {
      const bool same = call.plugin == at->plugin;
      write_crash(how, "code", at->plugin, same ? call.slot : nullptr, pc - at->base);
    } else if (call.plugin != nullptr) {
      write_crash(how, "call", call.plugin, call.slot, pc);
    } else {
      const Mapping* caller = mapping_on_stack(stack);
      write_crash(how, "stack", caller == nullptr ? nullptr : caller->plugin, nullptr, pc);
    }
  }
  ::sigaction(number, &actions_before[static_cast<std::size_t>(number)], nullptr);
  ::raise(number);
}

// exit() in the middle of a call of a plugin: nothing else of the process is to run on.
void on_exit() {
  const PluginCall call = this_thread;
  if (call.plugin == nullptr || crash_fd < 0 || ::getpid() != caught_pid) return;
  write_crash("exit", "call", call.plugin, call.slot, 0);
  const std::string text = "subnetd: plugin " + call.plugin->id + " called exit() in " + call.slot +
                           "\nhint: the next start holds it in quarantine\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(EXIT_FAILURE);
}

std::filesystem::path crash_path(const std::filesystem::path& state) { return state / "crash"; }

std::string words_of(std::map<std::string, std::string>& crash) {
  const std::string& slot = crash["slot"];
  const std::string during = slot.empty() ? "" : " during " + slot;
  if (crash["how"] == "exit") return "ended the daemon with exit()" + during;
  const std::string what = "crashed the daemon with SIG" + crash["how"] + during;
  if (crash["evidence"] == "code") return what + " (at " + crash["at"] + " of the file)";
  if (crash["evidence"] == "stack") return what + " (its code was on the stack of the thread)";
  return what;
}

}  // namespace

const PluginName* remember_plugin(PluginName name) {
  // Handlers read it until the process is gone.
  static auto& all = *new std::vector<std::unique_ptr<const PluginName>>();
  for (const auto& known : all) {
    if (known->sha256 == name.sha256 && known->file == name.file) return known.get();
  }
  return all.emplace_back(std::make_unique<const PluginName>(std::move(name))).get();
}

void remember_mappings(const PluginName* name, void* handle) {
  link_map* map = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return;
  struct Wanted {
    std::uintptr_t base;
    const PluginName* name;
  } wanted{static_cast<std::uintptr_t>(map->l_addr), name};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* raw) {
        const auto& want = *static_cast<const Wanted*>(raw);
        if (info->dlpi_addr != want.base) return 0;
        for (std::size_t i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          const std::size_t at = mappings_used;
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
          if (at == mappings.size()) return 1;
          const std::uintptr_t begin = want.base + segment.p_vaddr;
          mappings[at] = {begin, begin + segment.p_memsz, want.base, want.name};
          mappings_used = at + 1;
        }
        return 1;
      },
      &wanted);
}

PluginCall PluginCall::current() { return this_thread; }

InPlugin::InPlugin(PluginCall call) : before_(this_thread) {
  if (crash_fd.load(std::memory_order_relaxed) >= 0) use_alt_stack();
  this_thread = call;
}

InPlugin::~InPlugin() { this_thread = before_; }

Result<void> catch_crashes(const std::filesystem::path& state) {
  if (crash_fd >= 0) return fail(Errc::conflict, "crashes are caught already");
  SUBNETD_CHECK(make_folder(state));
  const std::filesystem::path path = crash_path(state);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(Errc::io, path.string() + ": " + std::strerror(errno),
                "check who owns " + state.string());
  }
  caught_pid = ::getpid();
  crash_fd = fd;
  use_alt_stack();
  struct sigaction action{};
  action.sa_sigaction = on_deadly;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (const int number : deadly) {
    ::sigaction(number, &action, &actions_before[static_cast<std::size_t>(number)]);
  }
  std::atexit(on_exit);
  std::at_quick_exit(on_exit);
  return {};
}

std::optional<Crash> last_crash(const std::filesystem::path& state) {
  const auto text = read_small_file(crash_path(state), crash_bytes_max);
  if (!text || text->empty()) return std::nullopt;
  std::map<std::string, std::string> crash;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space != line.npos) crash[line.substr(0, space)] = line.substr(space + 1);
  }
  return Crash{{crash["sha256"], crash["file"], crash["id"]}, words_of(crash)};
}

void forget_crash(const std::filesystem::path& state) {
  std::error_code ec;
  std::filesystem::remove(crash_path(state), ec);
}

}  // namespace subnetd::plugin
