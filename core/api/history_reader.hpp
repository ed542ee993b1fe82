// SPDX-License-Identifier: 0BSD
// Questions to the journal's history, asked on a thread of its own and answered where they were
// awaited. The connection is opened by the first question.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "domain/error.hpp"
#include "journal/history.hpp"

namespace subnetd::api {

class HistoryReader {
 public:
  explicit HistoryReader(std::string path) : path_(std::move(path)) {}
  ~HistoryReader() { thread_.join(); }
  HistoryReader(const HistoryReader&) = delete;
  HistoryReader& operator=(const HistoryReader&) = delete;

  template <class T>
  using Question = std::function<Result<T>(journal::History&)>;

  template <class T>
  boost::asio::awaitable<Result<T>> ask(Question<T> question) {
    auto answer = co_await boost::asio::co_spawn(thread_, ask_there<T>(std::move(question)),
                                                 boost::asio::use_awaitable);
    co_return answer;
  }

 private:
  template <class T>
  boost::asio::awaitable<Result<T>> ask_there(Question<T> question) {
    if (history_ == nullptr) {
      auto opened = journal::History::open(path_);
      if (!opened) co_return std::unexpected(std::move(opened.error()));
      history_ = std::move(*opened);
    }
    co_return question(*history_);
  }

  std::string path_;
  std::unique_ptr<journal::History> history_;  // on thread_ only
  boost::asio::thread_pool thread_{1};
};

}  // namespace subnetd::api
