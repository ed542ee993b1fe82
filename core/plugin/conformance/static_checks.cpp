// SPDX-License-Identifier: 0BSD
// What a file's own tables say against it: no code of it runs.
#include <algorithm>
#include <array>
#include <regex>

#include "plugin/conformance/elf_image.hpp"
#include "plugin/conformance/trial.hpp"
#include "plugin/plugin_file.hpp"

namespace subnetd::plugin::conformance {
namespace {

constexpr const char* build_so =
    "build with subnet_add_plugin(), or with -fvisibility=hidden, -fno-gnu-unique, -z now, "
    "-z relro and its version script";

Finding check_exports(const ElfImage& image) {
  if (!image.has_symbols()) return skipped("the file has no table of dynamic symbols to read");
  static const std::regex entry("sbn_plugin_entry_v[0-9]+");  // one for each ABI major
  std::string others;
  bool found = false;
  for (const ElfImage::Symbol& symbol : image.symbols()) {
    if (!symbol.exported) continue;
    found = found || symbol.name == SBN_ENTRY_NAME;
    if (std::regex_match(symbol.name, entry)) continue;
    others += (others.empty() ? "" : ", ") + symbol.name;
  }
  if (!others.empty()) return failed("no exported symbol but " SBN_ENTRY_NAME, others, build_so);
  if (!found) return failed("the exported symbol " SBN_ENTRY_NAME, "none", build_so);
  return good();
}

Finding check_unique_symbols(const ElfImage& image) {
  for (const ElfImage::Symbol& symbol : image.symbols()) {
    if (symbol.bind != STB_GNU_UNIQUE || !symbol.defined) continue;
    return failed("no symbol that all versions of a plugin share", symbol.name + " (GNU_UNIQUE)",
                  build_so);
  }
  return good();
}

constexpr std::string_view std_thread =
    "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE";

// A name and why no plugin calls it.
struct Foreign {
  std::string_view why;
  std::initializer_list<std::string_view> names;
};

Finding check_imports(const ElfImage& image) {
  static const std::array<Foreign, 6> foreign{
      Foreign{"the host does all the I/O",
              {"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "send",
               "sendto", "sendmsg", "recv", "recvfrom", "recvmsg", "getaddrinfo", "gethostbyname"}},
      Foreign{"a plugin starts no process",
              {"fork", "vfork", "_Fork", "clone", "execl", "execle", "execlp", "execv", "execve",
               "execvp", "execvpe", "fexecve", "posix_spawn", "posix_spawnp", "system", "popen"}},
      Foreign{"plugins own no threads: use subnet.executor/1",
              {"pthread_create", "thrd_create", std_thread}},
      Foreign{"the process is the host's to end", {"exit", "_exit", "_Exit", "quick_exit"}},
      Foreign{"a plugin loads no other code", {"dlopen", "dlmopen"}},
      Foreign{"it is for the whole process",
              {"chdir", "fchdir", "chroot", "umask", "setenv", "putenv", "unsetenv", "clearenv",
               "setlocale", "signal", "sigaction", "setrlimit", "ptrace", "prctl", "atexit",
               "pthread_atfork"}}};
  std::string text;
  for (const Foreign& group : foreign) {
    std::string found;
    for (const ElfImage::Symbol& symbol : image.symbols()) {
      if (symbol.defined || std::ranges::find(group.names, symbol.name) == group.names.end()) {
        continue;
      }
      found += (found.empty() ? "" : ", ") + symbol.name;
    }
    if (found.empty()) continue;
    text += (text.empty() ? "" : "; ") + found + ", yet " + std::string(group.why);
  }
  if (text.empty()) return good();
  return failed("no call that is the host's business", text, "leave it to the host");
}

Finding check_text_relocations(const ElfImage& image) {
  if (!image.tag(DT_TEXTREL) && (image.tag(DT_FLAGS).value_or(0) & DF_TEXTREL) == 0) return good();
  return failed("code that the loader need not change", "text relocations",
                "compile everything with -fPIC");
}

Finding check_writable_code(const ElfImage& image) {
  for (const Elf64_Phdr& segment : image.segments()) {
    if (segment.p_type == PT_LOAD && (segment.p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
      return failed("no memory that is both writable and executable", "such a segment",
                    "look for a section with the flags \"awx\"");
    }
  }
  return good();
}

Finding check_executable_stack(const ElfImage& image) {
  const auto stack = image.segment(PT_GNU_STACK);
  if (stack && (stack->p_flags & PF_X) == 0) return good();
  return failed("a note that its stack is not executable", stack ? "an executable one" : "none",
                "link with -z noexecstack; avoid nested functions and bare assembler files");
}

Finding check_static_tls(const ElfImage& image) {
  if ((image.tag(DT_FLAGS).value_or(0) & DF_STATIC_TLS) == 0) return good();
  return failed("thread memory of its own", "static TLS, which is scarce",
                "compile without -ftls-model=initial-exec");
}

Finding check_relro(const ElfImage& image) {
  const bool now = image.tag(DT_BIND_NOW) || (image.tag(DT_FLAGS).value_or(0) & DF_BIND_NOW) != 0 ||
                   (image.tag(DT_FLAGS_1).value_or(0) & DF_1_NOW) != 0;
  if (now && image.segment(PT_GNU_RELRO)) return good();
  return failed("RELRO and NOW", now ? "no RELRO" : "lazy binding", build_so);
}

struct StaticCheck {
  const char* name;
  const char* wants;
  Finding (*run)(const ElfImage& image);
};

constexpr StaticCheck all[] = {
    {"exports", "no exported symbol but sbn_plugin_entry_v1", check_exports},
    {"unique_symbols", "no symbol that pins it and that its versions share", check_unique_symbols},
    {"imports",
     "no call of sockets, processes, threads, exit, dlopen, or what changes the process",
     check_imports},
    {"text_relocations", "code that the loader need not change", check_text_relocations},
    {"writable_code", "no memory that is both writable and executable", check_writable_code},
    {"executable_stack", "a stack that is not executable", check_executable_stack},
    {"static_tls", "no static thread memory", check_static_tls},
    {"relro", "RELRO and immediate binding", check_relro},
};

}  // namespace

std::vector<std::pair<std::string, Finding>> static_findings(const std::filesystem::path& file) {
  std::vector<std::pair<std::string, Finding>> out;
  const auto bytes = read_plugin_file(file);
  if (!bytes) return {{"exports", {CheckState::failed, bytes.error().message}}};
  const ElfImage image(*bytes);
  for (const StaticCheck& check : all) out.emplace_back(check.name, check.run(image));
  return out;
}

std::vector<CheckCard> static_cards() {
  std::vector<CheckCard> out;
  for (const StaticCheck& check : all) out.push_back({"file", check.name, check.wants});
  return out;
}

}  // namespace subnetd::plugin::conformance
