// SPDX-License-Identifier: 0BSD
// What a plugin writes for people, on its way through the answer.
#pragma once

#include <string>

#include "plugin/sink.hpp"
#include "plugin/str.hpp"
#include "plugin/worker/remote.hpp"
#include "plugin/worker/wire.hpp"

namespace subnetd::plugin::worker {

class TextAnswer {
 public:
  explicit TextAnswer(Packer& out) : out_(out) {}
  sbn_sink sink() { return text_.sink(); }
  sbn_status end(sbn_status status) {
    const std::string text = text_.take();
    out_.text(str(text));
    return status;
  }

 private:
  Packer& out_;
  TextSink text_;
};

inline sbn_status take_text(Remote& remote, sbn_status status, sbn_sink sink, sbn_error* err) {
  if (status < 0) return status;
  const sbn_str text = remote.answer().text();
  if (!remote.answer().good()) return remote.garbled(err);
  sink.write(sink.ctx_host, text);
  return status;
}

}  // namespace subnetd::plugin::worker
