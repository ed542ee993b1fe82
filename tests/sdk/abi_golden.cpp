// SPDX-License-Identifier: 0BSD
// Prints every size, offset and constant of the C headers. The output is the promise:
// tests/abi/golden.txt.
#include <subnet/detector.h>
#include <subnet/emission.h>
#include <subnet/host.h>
#include <subnet/matcher.h>
#include <subnet/validator.h>

#include <cstdio>

#define TYPE(type) std::printf(#type " %zu\n", sizeof(type))
#define AT(type, field) \
  std::printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type*)nullptr)->field))
#define VALUE(name) std::printf(#name " %lld\n", static_cast<long long>(name))
#define TEXT(name) std::printf(#name " %s\n", name)

int main() {
#include "abi_golden.inc"
}
