// SPDX-License-Identifier: 0BSD
// Prints /openapi.json, for the validator.
#include <iostream>

#include "api/openapi.hpp"

int main() {
  std::cout << subnetd::api::openapi_text("0.1.0") << '\n';
}
