// SPDX-License-Identifier: 0BSD
// Asio, its TLS part and Beast, compiled once, here.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
