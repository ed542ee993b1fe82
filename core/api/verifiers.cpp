// SPDX-License-Identifier: 0BSD
#include "api/verifiers.hpp"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <thread>
#include <utility>

namespace subnetd::api {

namespace asio = boost::asio;
using commune::Form;

namespace {

// A signature takes some 30 us: nobody waits long for those that were taken together with it.
constexpr std::size_t batch_max = 64;

std::size_t thread_count() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency() / 2, 1, 8);
}

}  // namespace

Verifiers::Verifiers() : count_(thread_count()), threads_(count_) {}

asio::awaitable<Form> Verifiers::match(std::shared_ptr<const commune::OpenedRequest> request) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Form)>(
      [this, &home, &request](auto handler) {
        const auto held = std::make_shared<decltype(handler)>(std::move(handler));
        add({std::move(request), home, [held](Form form) { std::move (*held)(form); }});
      },
      asio::use_awaitable);
}

void Verifiers::add(Job job) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(job));
  if (working_ == count_) return;
  ++working_;
  asio::post(threads_, [this] { work(); });
}

void Verifiers::work() {
  for (std::vector<Job> batch = take(); !batch.empty(); batch = take()) {
    judge(batch);
    give_back(std::move(batch));
  }
}

// Out of memory is no reason to go unanswered.
void Verifiers::judge(std::vector<Job>& batch) noexcept {
  try {
    std::vector<std::shared_ptr<const commune::OpenedRequest>> requests;
    for (const Job& job : batch) requests.push_back(job.request);
    const std::vector<Form> forms = commune::match_signatures(requests);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].form = forms[i];
  } catch (...) {
    for (Job& job : batch) job.form = Form::none;
  }
}

// The oldest; fewer than there may be where other threads would have nothing.
std::vector<Verifiers::Job> Verifiers::take() {
  const std::lock_guard lock(mutex_);
  const std::size_t share = (waiting_.size() + count_ - 1) / count_;
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(share, batch_max));
  std::vector<Job> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  if (batch.empty()) --working_;
  return batch;
}

void Verifiers::give_back(std::vector<Job> batch) {
  const asio::any_io_executor home = batch.front().home;
  std::vector<Job> elsewhere;
  const auto others = std::stable_partition(batch.begin(), batch.end(),
                                            [&](const Job& job) { return job.home == home; });
  std::move(others, batch.end(), std::back_inserter(elsewhere));
  batch.erase(others, batch.end());
  asio::post(home, [jobs = std::move(batch)] {
    for (const Job& job : jobs) job.done(job.form);
  });
  if (!elsewhere.empty()) give_back(std::move(elsewhere));
}

}  // namespace subnetd::api
