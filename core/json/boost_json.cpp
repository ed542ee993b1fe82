// SPDX-License-Identifier: 0BSD
// Boost.JSON itself, compiled once, here, so that json does not need the net room.
#include <boost/json/src.hpp>
