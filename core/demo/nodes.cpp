// SPDX-License-Identifier: 0BSD
#include "demo/nodes.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <map>
#include <thread>

#include "demo/contract.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"

namespace subnetd::demo {
namespace {

using boost::asio::awaitable;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::chrono::milliseconds slowness{400};

HttpResponse saying(const json::Value& value) {
  HttpResponse response;
  response.body = json::serialize(value);
  return response;
}

// {"params":{…}} of a call to /method/NAME.
Result<json::Object> params_of(const HttpRequest& request, std::string_view method) {
  if (request.path != "/method/" + std::string(method)) {
    return fail(Errc::not_found, "only /method/" + std::string(method) + " is served");
  }
  SUBNETD_TRY(const json::Value body, json::parse(request.body, limits::http_body_bytes_max));
  SUBNETD_TRY(const json::Fields fields, json::Fields::of(body));
  SUBNETD_TRY(const json::Fields params, fields.fields("params"));
  return params.object();
}

// Well-formed, plausible and never right.
json::Value lie(Task task, const json::Value& truth, const json::Object& params) {
  if (task == Task::chat) {
    std::string reversed;
    for (const std::string& word : words_of(truth.get_object().at("text").get_string())) {
      reversed = "indeed " + reversed + (reversed.empty() ? "" : " ") + word;
    }
    return {{"text", reversed}};
  }
  if (task == Task::embedding) {
    json::Array turned(truth.get_object().at("embedding").get_array());
    std::rotate(turned.begin(), turned.begin() + 1, turned.end());
    return json::Object{{"embedding", std::move(turned)}};
  }
  json::Array labels;
  for (std::size_t i = 0; i < params.at("pictures").get_array().size(); ++i) {
    const json::Value& right = truth.get_object().at("labels").get_array()[i];
    labels.emplace_back(right == json::Value("circle") ? "square" : "circle");
  }
  return json::Object{{"labels", std::move(labels)}};
}

}  // namespace

const char* quality_name(Quality quality) {
  switch (quality) {
    case Quality::good: return "good";
    case Quality::slow: return "slow";
    case Quality::lying: return "lying";
    case Quality::garbage: return "garbage";
    case Quality::dead: return "dead";
  }
  return "";
}

struct NodesCore {
  NodesCore() : thread([this] { io.run(); }) {}

  // Runs on the servers' thread; returns when it has run.
  template <class Work>
  auto there(Work run) {
    std::packaged_task<decltype(run())()> task(std::move(run));
    auto done = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    return done.get();
  }

  Result<std::string> serve(net::HttpHandler handler) {
    return there([&]() -> Result<std::string> {
      auto server = std::make_unique<net::HttpServer>(io.get_executor(), std::move(handler));
      SUBNETD_TRY(const std::uint16_t port, server->listen("127.0.0.1", 0));
      std::string endpoint = "http://127.0.0.1:" + std::to_string(port);
      servers.emplace(endpoint, std::move(server));
      return endpoint;
    });
  }

  awaitable<HttpResponse> generate(Task task, Quality quality, HttpRequest request) {
    if (quality == Quality::garbage) {
      HttpResponse response;
      response.body = "%$! 0101 not an answer";
      co_return response;
    }
    const auto params = params_of(request, "generate");
    if (!params) co_return net::error_response(params.error());
    auto answer = judge.answer(task, *params);
    if (!answer) co_return net::error_response(answer.error());
    if (quality == Quality::slow) {
      boost::asio::steady_timer timer(io, slowness);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    if (quality == Quality::lying) co_return saying(lie(task, *answer, *params));
    co_return saying(*answer);
  }

  awaitable<HttpResponse> validate(std::vector<Task> tasks, HttpRequest request) {
    const auto params = params_of(request, "validate");
    if (!params) co_return net::error_response(params.error());
    const auto order = read_order(*params);
    if (!order) co_return net::error_response(order.error());
    const auto task = task_of(order->model_type);
    if (!task || std::find(tasks.begin(), tasks.end(), *task) == tasks.end()) {
      co_return saying({{"error", "unsupported"}});
    }
    const Question question = judge.question(*task, seed_of(order->challenge));
    net::FetchRequest ask;
    ask.method = "POST";
    ask.url = order->endpoint + "/method/generate";
    ask.headers.emplace_back("Content-Type", "application/json");
    ask.body = json::serialize(json::Object{{"params", question.params}});
    ask.deadline_ms = order->deadline_ms * 3 / 4;
    const net::FetchResult reply = co_await client.fetch(std::move(ask));
    if (!reply) co_return saying({{"error", "miner_unreachable"}});
    if (reply->status != 200) co_return saying({{"error", "miner_refused"}});
    const auto answer = json::parse(reply->body, limits::reply_bytes_max);
    const double right = answer ? judge.score(*task, question, *answer) : 0.0;
    co_return saying(verdict(right, reply->elapsed_ms, answer.has_value()));
  }

  const Judge judge;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  net::HttpClient client{io.get_executor(), {.policy = {.allow_private = true}}};
  std::map<std::string, std::unique_ptr<net::HttpServer>> servers;
  std::thread thread;
};

Nodes::Nodes() : core_(std::make_unique<NodesCore>()) {}

Nodes::~Nodes() {
  core_->there([this] { core_->servers.clear(); });
  core_->work.reset();
  core_->io.stop();
  core_->thread.join();
}

Result<std::string> Nodes::start_miner(Task task, Quality quality) {
  NodesCore* core = core_.get();
  SUBNETD_TRY(const std::string endpoint, core->serve([core, task, quality](HttpRequest request) {
    return core->generate(task, quality, std::move(request));
  }));
  if (quality == Quality::dead) kill(endpoint);
  return endpoint;
}

Result<std::string> Nodes::start_validator(std::vector<Task> tasks) {
  NodesCore* core = core_.get();
  return core->serve([core, tasks = std::move(tasks)](HttpRequest request) {
    return core->validate(tasks, std::move(request));
  });
}

void Nodes::kill(const std::string& endpoint) {
  core_->there([&] { core_->servers.erase(endpoint); });
}

}  // namespace subnetd::demo
