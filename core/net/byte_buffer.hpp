// SPDX-License-Identifier: 0BSD
// One flat buffer a connection: bytes arrive at the end and are consumed from the front. Small at
// first, grows on demand, gives its memory back when it was large and runs empty.
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <memory>
#include <string_view>

namespace subnetd::net {

class ByteBuffer {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  // Room for at least `bytes` more; whatever else is free comes with it.
  boost::asio::mutable_buffer prepare(std::size_t bytes) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (capacity_ <= keep_bytes) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t first_bytes = 1024;
  static constexpr std::size_t keep_bytes = 4096;

  void make_room(std::size_t bytes) {
    const std::size_t used = end_ - begin_;
    if (capacity_ - used >= bytes) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      std::size_t wanted = capacity_ == 0 ? first_bytes : capacity_ * 2;
      while (wanted < used + bytes) wanted *= 2;
      std::unique_ptr<char[]> larger(new char[wanted]);
      if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace subnetd::net
