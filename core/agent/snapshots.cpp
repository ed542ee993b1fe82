// SPDX-License-Identifier: 0BSD
#include "agent/snapshots.hpp"

#include "engine/engine.hpp"
#include "journal/replay.hpp"

namespace subnetd::agent {

Snapshots::Snapshots(std::string path, std::uint64_t every, std::uint64_t last, observe::Log& log,
                     std::function<void(journal::Snapshot)> built)
    : path_(std::move(path)),
      every_(every),
      log_(log),
      built_(std::move(built)),
      next_at_(last + every) {}

Snapshots::~Snapshots() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Snapshots::reached(std::uint64_t head) {
  if (head < next_at_ || busy_) return;
  next_at_ = head + every_;
  busy_ = true;
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this] {
    build();
    busy_ = false;
  });
}

void Snapshots::build() {
  auto reader = journal::JournalReader::open(path_);
  if (!reader) return log_.warn("snapshot.failed", reader.error().message);
  auto snapshot = journal::build_snapshot(**reader, engine::apply_stored, UINT64_MAX, &stop_);
  if (stop_) return;
  if (!snapshot) return log_.error("snapshot.failed", snapshot.error().message);
  log_.info("snapshot.built", "a snapshot is ready", {{"seq", snapshot->seq}});
  built_(std::move(*snapshot));
}

}  // namespace subnetd::agent
