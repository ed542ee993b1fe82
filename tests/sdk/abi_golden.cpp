// SPDX-License-Identifier: 0BSD
// Prints every size, offset, type and constant of the C headers. The output is the promise:
// tests/abi/golden.txt.
#include <subnet/detector.h>
#include <subnet/emission.h>
#include <subnet/host.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>

#include <cstdio>
#include <string_view>

// "unsigned int*", as gcc writes it.
template <class T>
std::string_view type_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

#define TYPE(type) std::printf(#type " %zu\n", sizeof(type))
#define AT(type, field)                                                                         \
  std::printf(#type "." #field " %zu %zu %.*s\n", offsetof(type, field),                        \
              sizeof(((type*)nullptr)->field),                                                  \
              static_cast<int>(type_name<decltype(((type*)nullptr)->field)>().size()),          \
              type_name<decltype(((type*)nullptr)->field)>().data())
#define VALUE(name) std::printf(#name " %lld\n", static_cast<long long>(name))
#define TEXT(name) std::printf(#name " %s\n", name)

int main() {
#include "abi_golden.inc"
}
