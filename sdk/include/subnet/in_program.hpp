// SPDX-License-Identifier: 0BSD
// Plugins that are part of a program which embeds a host (subnetd/host.hpp), without a file of
// their own: the classes of plugin.hpp, or objects of them that the program has made.
//
//   subnet::in_program("acme.scoring", "1.0.0", std::make_shared<Scoring>(&my_database))
//   subnet::in_program<Names, Payout>("acme.rules", "1.0.0")
//
// An object is one for all instances, is called on threads of the host, those of different kinds at
// once, and lives at least as long as the host. A class is made anew for each instance, with its
// settings. What a class needs says plugin.hpp; an object's class needs no such constructor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "in_program.h"
#include "plugin.hpp"

namespace subnet {
namespace detail {

// Found again by create through the service "subnet.component/1".
struct part : sbn_component {
  std::shared_ptr<void> object;
};

template <class T>
sbn_status adopt(const sbn_host* host, sbn_str settings, void** self, sbn_error* err) noexcept {
  return guard(err, [&] {
    const auto* mine = service<sbn_component>(host, SBN_SERVICE_COMPONENT);
    if (mine == nullptr) throw failure(SBN_E_UNSUPPORTED, "this host takes no objects");
    auto object = std::static_pointer_cast<T>(static_cast<const part*>(mine)->object);
    auto* made = new instance<T>(host, to_view(settings), std::move(object));
    if constexpr (names_detect<T>) keep_types(*made);
    *self = made;
    return SBN_OK;
  });
}

// Owns what its descriptor points to.
class program_plugin {
 public:
  program_plugin(std::string id, std::string version, std::vector<part> parts)
      : id_(std::move(id)), version_(std::move(version)), parts_(std::move(parts)) {
    plugin_ = {sizeof(sbn_plugin),
               sizeof(part),
               SBN_ABI_MAJOR,
               SBN_ABI_MINOR,
               SBN_MIN_HOST_MINOR,
               0,
               to_str(id_),
               to_str(version_),
               to_str(vendor_of(id_)),
               parts_.data(),
               parts_.size(),
               [](sbn_str) -> const void* { return nullptr; }};
  }
  program_plugin(const program_plugin&) = delete;
  program_plugin& operator=(const program_plugin&) = delete;

  static std::shared_ptr<const sbn_plugin> make(std::string id, std::string version,
                                                std::vector<part> parts) {
    auto whole =
        std::make_shared<program_plugin>(std::move(id), std::move(version), std::move(parts));
    const sbn_plugin* plugin = &whole->plugin_;
    return {std::move(whole), plugin};
  }

 private:
  std::string id_, version_;
  std::vector<part> parts_;
  sbn_plugin plugin_{};
};

}  // namespace detail

// Each object as the component that its class's `id` names. id: "vendor.plugin".
template <class... T>
  requires(sizeof...(T) > 0)
std::shared_ptr<const sbn_plugin> in_program(std::string id, std::string version,
                                             std::shared_ptr<T>... objects) {
  return detail::program_plugin::make(
      std::move(id), std::move(version),
      {detail::part{detail::component_made_by<T>(&detail::adopt<T>), std::move(objects)}...});
}

// Each class as a component.
template <class... T>
  requires(sizeof...(T) > 0)
std::shared_ptr<const sbn_plugin> in_program(std::string id, std::string version) {
  return detail::program_plugin::make(std::move(id), std::move(version),
                                      {detail::part{detail::component_of<T>(), nullptr}...});
}

}  // namespace subnet
