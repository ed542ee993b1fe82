// SPDX-License-Identifier: 0BSD
#include "plugin/library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>

#include "plugin/fp_guard.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/services.hpp"
#include "plugin/str.hpp"

namespace subnetd::plugin {
namespace {

constexpr const char* in_program_path = "in-program";  // in the place of a file
constexpr const char* without_fast_math = "build it without -ffast-math and -Ofast";

Result<void> negotiate(const std::filesystem::path& path, const Note& note) {
  const std::string wanted =
      "wanted ABI " + std::to_string(note.abi_major) + "." + std::to_string(note.min_host_minor) +
      " or later of that major, have " + std::to_string(SBN_ABI_MAJOR) + "." +
      std::to_string(SBN_ABI_MINOR);
  if (note.abi_major != SBN_ABI_MAJOR) {
    return refused(path, note.id + " " + note.version + ": " + wanted,
                   note.abi_major > SBN_ABI_MAJOR ? "update subnetd"
                                                  : "rebuild the plugin with this SDK");
  }
  if (note.min_host_minor > SBN_ABI_MINOR) {
    return refused(path, note.id + " " + note.version + ": " + wanted, "update subnetd");
  }
  return {};
}

}  // namespace

struct Library::Opened {
  boost::dll::shared_library library;
};

// What a worker said, in the shape of a descriptor.
struct Library::Described {
  worker::GuestDescription words;
  std::vector<sbn_component> components;
  sbn_plugin plugin{};
};

Library::Library() : opened_(std::make_unique<Opened>()) {}
Library::~Library() = default;

Result<std::shared_ptr<Library>> Library::open(const std::filesystem::path& path,
                                               const std::string& sha256_pin,
                                               const Isolation* isolation) {
  SUBNETD_TRY(const Candidate file, read_candidate(path));
  return load(file, nullptr, sha256_pin, isolation);
}

Result<std::shared_ptr<Library>> Library::load(const Candidate& file,
                                               std::shared_ptr<const Trust> trust,
                                               const std::string& pin,
                                               const Isolation* isolation) {
  std::shared_ptr<Library> self(new Library);
  self->path_ = file.path;
  self->sha256_ = file.sha256;
  self->note_ = file.note;
  if (trust) {
    SUBNETD_TRY(self->standing_, trust->admit(file, pin));
  } else {
    SUBNETD_CHECK(check_pin(file, pin));
  }
  self->trust_ = std::move(trust);
  SUBNETD_CHECK(negotiate(file.path, file.note));
  SUBNETD_TRY(StagedFile staged, StagedFile::make(file.path, file.bytes));
  const std::string name = staged.name();
  const int copy = staged.keep();  // also when it is refused from here on: its code has been mapped
  const Standing& standing = self->standing_;
  const bool trusted = standing.built_in || standing.pinned;
  if (isolation != nullptr && !(trusted && isolation->spares_trusted)) {
    SUBNETD_CHECK(self->ask_worker(*isolation, copy));
    return self;
  }
  const LoadStep step = self->step("its loading");
  SUBNETD_TRY(const sbn_plugin* plugin, self->enter(name));
  SUBNETD_CHECK(self->take(*plugin));
  return self;
}

std::shared_ptr<Library> Library::absent(const std::filesystem::path& path,
                                         const std::string& sha256, const std::string& id,
                                         ComponentView component) {
  std::shared_ptr<Library> self(new Library);
  self->path_ = path;
  self->sha256_ = sha256;
  self->note_.id = id;
  self->components_.push_back(std::move(component));
  return self;
}

Result<std::shared_ptr<Library>> Library::in_program(std::shared_ptr<const sbn_plugin> plugin) {
  std::shared_ptr<Library> self(new Library);
  self->path_ = in_program_path;
  if (plugin == nullptr || plugin->struct_size < sizeof(sbn_plugin)) {
    return refused(self->path_, "wanted a descriptor of ABI 1.0 or later, have none",
                   "make it with subnet::in_program() of subnet/in_program.hpp");
  }
  SUBNETD_TRY(self->note_, note_of(*plugin));
  SUBNETD_CHECK(negotiate(self->path_, self->note_));
  SUBNETD_CHECK(self->take(*plugin));
  self->standing_.built_in = true;
  self->given_ = std::move(plugin);
  return self;
}

Result<std::shared_ptr<Library>> Library::open_copy(int fd) {
  std::shared_ptr<Library> self(new Library);
  self->path_ = "/proc/self/fd/" + std::to_string(fd);
  SUBNETD_TRY(const std::vector<std::uint8_t> bytes, read_whole(self->path_, fd));
  auto note = read_note(bytes);
  if (!note) return refused(self->path_, note.error().message, note.error().hint);
  self->note_ = *note;
  SUBNETD_TRY(const sbn_plugin* plugin, self->enter(self->path_.string()));
  SUBNETD_CHECK(self->take(*plugin));
  return self;
}

Result<void> Library::take(const sbn_plugin& plugin) {
  SUBNETD_TRY(Descriptor descriptor, read_descriptor(path_, note_, plugin));
  vendor_ = std::move(descriptor.vendor);
  components_ = std::move(descriptor.components);
  return {};
}

// What it says goes through the checks of any descriptor.
Result<void> Library::ask_worker(const Isolation& isolation, int copy) {
  guest_ = std::make_unique<worker::Guest>();
  guest_->file = path_.string();
  guest_->library = copy;
  guest_->program = isolation.program;
  guest_->limits = isolation.limits;
  guest_->given_up = [this](const std::string& why) {
    if (trust_) trust_->give_up(sha256_, path_, id(), why);
  };
  auto words = worker::describe(*guest_);
  if (!words) {
    return refused(path_, words.error().message, "subnetd plugin check " + path_.string());
  }
  described_ = std::make_unique<Described>();
  described_->words = std::move(*words);
  for (const worker::GuestComponent& c : described_->words.components) {
    sbn_component component{};
    component.struct_size = sizeof(component);
    component.flags = c.flags;
    component.kind = str(c.kind);
    component.id = str(c.id);
    component.summary = str(c.summary);
    component.config_schema = str(c.schema);
    component.vtable = worker::Remote::table(c.kind);
    component.create = [](const sbn_host*, sbn_str, void**, sbn_error*) -> sbn_status {
      return SBN_E_UNSUPPORTED;  // Instance asks the guest
    };
    component.destroy = worker::Remote::destroy;
    described_->components.push_back(component);
  }
  sbn_plugin& plugin = described_->plugin;
  plugin.struct_size = sizeof(plugin);
  plugin.component_stride = sizeof(sbn_component);
  plugin.abi_major = note_.abi_major;
  plugin.abi_minor = note_.abi_minor;
  plugin.min_host_minor = note_.min_host_minor;
  plugin.id = str(note_.id);
  plugin.version = str(note_.version);
  plugin.vendor = str(described_->words.vendor);
  plugin.components = described_->components.data();
  plugin.component_count = described_->components.size();
  return take(plugin);
}

LoadStep Library::step(const std::string& what) const {
  return trust_ ? trust_->step(standing_, sha256_, path_, id(), what) : LoadStep();
}

// Loads the checked copy and asks for the descriptor.
Result<const sbn_plugin*> Library::enter(const std::string& staged) {
  const sbn_plugin* plugin = nullptr;
  sbn_error err{};
  err.struct_size = sizeof(err);
  name_ = remember_plugin({sha256_, path_.string(), id()});
  const InPlugin in(name_, "its loading");
  const FpGuard guard;
  try {
    // RTLD_NODELETE has no name in Boost.DLL; the flag passes through.
    const auto mode = static_cast<boost::dll::load_mode::type>(
        boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | RTLD_NODELETE);
    opened_->library.load(staged, mode);
    remember_mappings(name_, opened_->library.native());
    if (guard.changed()) {
      return refused(path_, "changes the floating-point control bits when loaded",
                     without_fast_math);
    }
    const auto entry =
        opened_->library.get<const sbn_plugin*(const sbn_host*, sbn_error*)>(SBN_ENTRY_NAME);
    plugin = entry(&silent_host(), &err);
  } catch (const std::exception& e) {
    return refused(path_, e.what(), "build it with -Wl,-z,defs; check what it links");
  } catch (...) {
    return refused(path_, "its entry point threw", "nothing thrown may leave a plugin");
  }
  if (guard.changed()) {
    return refused(path_, "changes the floating-point control bits", without_fast_math);
  }
  if (plugin == nullptr) {
    const auto used = std::min<std::size_t>(err.msg_len, sizeof(err.msg));
    return refused(path_, "its entry point refused: " + std::string(err.msg, used),
                   "ask the plugin's author");
  }
  return plugin;
}

}  // namespace subnetd::plugin
