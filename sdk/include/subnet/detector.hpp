// SPDX-License-Identifier: 0BSD
// Detectors in C++: a class with `types` and `detect` becomes a subnet.detector/1.
#pragma once

#include <concepts>
#include <type_traits>

#include "context.hpp"
#include "detector.h"

namespace subnet {

// The batch, one row a node. Borrowed for the call.
class names {
 public:
  explicit names(const sbn_detect_in* in) : in_(in) {}
  size_t size() const { return in_->n; }
  std::string_view operator[](size_t row) const { return to_view(in_->names[row]); }
  // Optional hints; empty when the host has none.
  std::string_view task(size_t row) const { return column(in_->tasks, row); }
  std::string_view protocol(size_t row) const { return column(in_->protocols, row); }
  std::string_view subnet_hint(size_t row) const { return column(in_->subnet_hints, row); }

 private:
  static std::string_view column(const sbn_str* values, size_t row) {
    return values == nullptr ? std::string_view{} : to_view(values[row]);
  }
  const sbn_detect_in* in_;
};

// Where answers go: every row exactly once.
class detect_sink {
 public:
  explicit detect_sink(sbn_detect_out* out) : out_(out) {}
  // type: counted from 1 into the class's types.
  void set(size_t row, uint32_t type, uint32_t confidence_ppm, uint32_t runner_up = 0,
           uint32_t flags = 0) {
    out_->type[row] = type;
    out_->confidence_ppm[row] = confidence_ppm;
    out_->runner_up[row] = runner_up;
    out_->row_flags[row] = flags;
  }
  void none(size_t row) { set(row, 0, 0); }

 private:
  sbn_detect_out* out_;
};

namespace detail {

template <class T>
concept names_detect = requires { &T::detect; };

template <class T>
concept static_types = requires {
  { *std::begin(T::types) } -> std::convertible_to<std::string_view>;
};
template <class T>
concept member_types = requires(const T& object) {
  { *object.types().begin() } -> std::convertible_to<std::string_view>;
};
template <class T>
concept has_types = static_types<T> || member_types<T>;

template <class T>
concept good_detect = requires(T& object, const call& call, const names& rows, detect_sink& sink) {
  { object.detect(call, rows, sink) } -> std::same_as<void>;
};
template <class T>
concept explains_name = requires(T& object, std::string_view name) {
  { object.explain(name) } -> std::convertible_to<std::string>;
};

template <class T>
struct detector_slots {
  static uint64_t types(const void* self, const sbn_str** out) noexcept {
    const auto& kept = static_cast<const instance<T>*>(self)->types;
    *out = kept.data();
    return kept.size();
  }
  static sbn_status detect(void* self, const sbn_call* raw, const sbn_detect_in* in,
                           sbn_detect_out* out, sbn_error* err) noexcept {
    return guard(err, [&] {
      require(SBN_HAS(in, subnet_hints) && SBN_HAS(out, row_flags) && in->n == out->n,
              "a detector batch has one output row for each name");
      detect_sink sink(out);
      object_of<T>(self).detect(call(raw), names(in), sink);
      return SBN_OK;
    });
  }
  static sbn_status explain(void* self, const sbn_call*, sbn_str name, sbn_sink sink,
                            sbn_error* err) noexcept {
    return guard(err, [&]() -> sbn_status {
      if constexpr (explains_name<T>) {
        return tell(sink, object_of<T>(self).explain(to_view(name)));
      } else {
        return SBN_E_UNSUPPORTED;
      }
    });
  }
  static constexpr sbn_detector table{sizeof(sbn_detector), 0, &types, &detect, &explain};
};

template <class T>
void keep_types(instance<T>& made) {
  auto keep = [&](const auto& list) {
    for (const auto& type : list) made.types.push_back(to_str(type));
  };
  if constexpr (static_types<T>) {
    keep(T::types);
  } else {
    keep(made.object->types());  // must give views that live as long as the object
  }
}

}  // namespace detail
}  // namespace subnet
