// SPDX-License-Identifier: 0BSD
// Builds snapshots beside the engine: on a thread and a reader of its own, by replaying facts onto
// the last one. The result is handed to the engine thread, which stores it piece by piece.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "journal/journal.hpp"
#include "observe/log.hpp"

namespace subnetd::agent {

class Snapshots {
 public:
  // `built` is called on the builder's thread.
  // `last`: the last fact of the newest snapshot, 0 when there is none.
  Snapshots(std::string path, std::uint64_t every, std::uint64_t last, observe::Log& log,
            std::function<void(journal::Snapshot)> built);
  ~Snapshots();
  // Engine thread, after each append.
  void reached(std::uint64_t head);

 private:
  void build();

  std::string path_;
  std::uint64_t every_;
  observe::Log& log_;
  std::function<void(journal::Snapshot)> built_;
  std::uint64_t next_at_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace subnetd::agent
