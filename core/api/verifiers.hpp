// SPDX-License-Identifier: 0BSD
// Checks signatures on threads of its own. What waits is checked batch by batch, which is cheaper,
// and a batch comes back as one: one wake-up for many, and the writes that follow share a turn of
// the engine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "commune/signed_request.hpp"

namespace subnetd::api {

class Verifiers {
 public:
  Verifiers();
  ~Verifiers() { threads_.join(); }
  Verifiers(const Verifiers&) = delete;
  Verifiers& operator=(const Verifiers&) = delete;

  // Which of its texts the signature fits. Returns on the executor it was awaited on.
  boost::asio::awaitable<commune::Form> match(
      std::shared_ptr<const commune::OpenedRequest> request);

 private:
  struct Job {
    std::shared_ptr<const commune::OpenedRequest> request;
    boost::asio::any_io_executor home;
    std::function<void(commune::Form)> done;
    commune::Form form = commune::Form::none;
  };

  void add(Job job);
  void work();
  std::vector<Job> take();
  static void judge(std::vector<Job>& batch) noexcept;
  static void give_back(std::vector<Job> batch);

  const std::size_t count_;  // of threads
  std::mutex mutex_;
  std::vector<Job> waiting_;
  std::size_t working_ = 0;
  boost::asio::thread_pool threads_;
};

}  // namespace subnetd::api
