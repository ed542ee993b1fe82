// SPDX-License-Identifier: 0BSD
// The C++20 layer: a class and one macro make a plugin.
//
//   SUBNET_PLUGIN("vendor.plugin", "1.0.0", FirstClass, SecondClass)
//
// A class has `static constexpr std::string_view id, summary, schema`, may have `static constexpr
// uint32_t flags`, and is constructed from nothing or from `const subnet::context&`. Its methods
// decide its kind: detect, solve, begin or compute.
#pragma once

#include <array>

#include "detector.hpp"
#include "emission.hpp"
#include "matcher.hpp"
#include "validator.hpp"

namespace subnet::detail {

template <class T>
concept described = requires {
  { T::id } -> std::convertible_to<std::string_view>;
  { T::summary } -> std::convertible_to<std::string_view>;
  { T::schema } -> std::convertible_to<std::string_view>;
};

template <class T>
concept constructible = std::constructible_from<T, const context&> || std::default_initializable<T>;

template <class T>
sbn_status create(const sbn_host* host, sbn_str settings, void** self, sbn_error* err) noexcept {
  return guard(err, [&] {
    auto* made = new instance<T>(host, to_view(settings));
    if constexpr (names_detect<T>) keep_types(*made);
    *self = made;
    return SBN_OK;
  });
}

template <class T>
void destroy(void* self) noexcept {
  guard(nullptr, [&] { return delete static_cast<instance<T>*>(self), SBN_OK; });
}

using create_slot = sbn_status (*)(const sbn_host*, sbn_str, void**, sbn_error*);

template <class T>
constexpr sbn_component describe(std::string_view kind, const void* table, create_slot create) {
  uint32_t flags = SBN_F_DETERMINISTIC;
  if constexpr (requires { T::flags; }) flags = T::flags;
  return {sizeof(sbn_component), flags, to_str(kind), to_str(T::id), to_str(T::summary),
          to_str(T::schema),     table, create,       &destroy<T>};
}

// A component whose instances `create` makes.
template <class T>
constexpr sbn_component component_made_by(create_slot create) {
  static_assert(described<T>,
                "subnet: the class needs static constexpr std::string_view id, summary and schema");
  if constexpr (!described<T>) {
    return {};
  } else if constexpr (names_detect<T>) {
    constexpr bool good = good_detect<T> && has_types<T>;
    static_assert(has_types<T>,
                  "subnet: a detector lists its model types in static constexpr std::array types");
    static_assert(good_detect<T>,
                  "subnet: a detector has void detect(const subnet::call&, const subnet::names&, "
                  "subnet::detect_sink&)");
    if constexpr (good) return describe<T>(SBN_KIND_DETECTOR, &detector_slots<T>::table, create);
  } else if constexpr (names_solve<T>) {
    constexpr bool good = good_load<T> && good_propose<T> && good_observe<T> && good_solve<T>;
    static_assert(
        good_load<T>,
        "subnet: a matcher has void load(const subnet::call&, const subnet::match_view&)");
    static_assert(good_propose<T>,
                  "subnet: a matcher has void propose(const subnet::call&, const "
                  "subnet::match_view&, subnet::match_events, subnet::moves&)");
    static_assert(good_observe<T>,
                  "subnet: a matcher has void observe(const subnet::call&, const "
                  "subnet::match_view&, subnet::match_events, subnet::match_moves)");
    static_assert(good_solve<T>,
                  "subnet: a matcher has void solve(const subnet::call&, const "
                  "subnet::match_view&, subnet::moves&) const");
    if constexpr (good) return describe<T>(SBN_KIND_MATCHER, &matcher_slots<T>::table, create);
  } else if constexpr (names_begin<T>) {
    constexpr bool good = good_begin<T> && good_step<T> && good_forget<T>;
    static_assert(good_begin<T>,
                  "subnet: a validator has void begin(const subnet::call&, const "
                  "subnet::validate_request&, subnet::validate_sink&)");
    static_assert(good_step<T>,
                  "subnet: a validator has void step(const subnet::call&, const subnet::reply&, "
                  "subnet::validate_sink&)");
    static_assert(good_forget<T>, "subnet: a validator has void forget(uint64_t request)");
    if constexpr (good) return describe<T>(SBN_KIND_VALIDATOR, &validator_slots<T>::table, create);
  } else if constexpr (names_compute<T>) {
    static_assert(good_compute<T>,
                  "subnet: an emission policy has void compute(const subnet::call&, const "
                  "subnet::emission_in&, subnet::emission_out&)");
    if constexpr (good_compute<T>)
      return describe<T>(SBN_KIND_EMISSION, &emission_slots<T>::table, create);
  } else {
    static_assert(names_detect<T>,
                  "subnet: the class needs a public detect, solve, begin or compute method");
  }
  return {};
}

template <class T>
constexpr sbn_component component_of() {
  static_assert(
      constructible<T>,
      "subnet: the class needs a constructor from const subnet::context& or from nothing");
  if constexpr (constructible<T>) {
    return component_made_by<T>(&create<T>);
  } else {
    return {};
  }
}

constexpr std::string_view vendor_of(std::string_view id) {
  return id.substr(0, id.find('.'));
}

template <class... T>
struct components {
  static constexpr std::array<sbn_component, sizeof...(T)> list{component_of<T>()...};
};

}  // namespace subnet::detail

// Use once, at namespace scope, in one source file of the plugin.
#define SUBNET_PLUGIN(id_text, version_text, ...)                                              \
  SBN_NOTE(id_text, version_text);                                                             \
  extern "C" SBN_EXPORT const sbn_plugin* sbn_plugin_entry_v1(const sbn_host*, sbn_error*) {   \
    using list = ::subnet::detail::components<__VA_ARGS__>;                                    \
    static constexpr sbn_plugin plugin{sizeof(sbn_plugin),                                     \
                                       sizeof(sbn_component),                                  \
                                       SBN_ABI_MAJOR,                                          \
                                       SBN_ABI_MINOR,                                          \
                                       SBN_MIN_HOST_MINOR,                                     \
                                       0,                                                      \
                                       ::subnet::to_str(id_text),                              \
                                       ::subnet::to_str(version_text),                         \
                                       ::subnet::to_str(::subnet::detail::vendor_of(id_text)), \
                                       list::list.data(),                                      \
                                       list::list.size(),                                      \
                                       [](sbn_str) -> const void* { return nullptr; }};        \
    return &plugin;                                                                            \
  }                                                                                            \
  static_assert(sizeof(id_text) <= 64 && sizeof(version_text) <= 24,                           \
                "subnet: the plugin id has at most 63 bytes, the version at most 23")
