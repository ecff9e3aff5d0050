#include "app/conversion_client.h"

#include <chrono>
#include <random>
#include <utility>

#include "base/executor.h"
#include "modules/http_client.h"
#include "registry/conversion_review.h"
#include "registry/service_location.h"

namespace limen::app {

namespace {

// Any of the places a Service is at, as `https://HOST:PORT`; empty: there is none, `error` says
// why.
std::string place_of(storage::Store& store, const catalog::ConversionWebhook& hook,
                     std::string& error) {
  registry::ServiceLocations found = registry::locate_service(
      store, hook.service_ns, hook.service_name, std::to_string(hook.port));
  if (found.ready.empty()) {
    error = found.error;
    return {};
  }
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> any(0, found.ready.size() - 1);
  const registry::Location& place = found.ready[any(random)];
  const bool v6 = place.host.find(':') != std::string::npos;
  return "https://" + (v6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

}  // namespace

ConversionClient::ConversionClient(storage::Store& store)
    : store_(store), connections_(modules::HttpPool::make(timers_)) {}

ConversionClient::~ConversionClient() {
  timers_.stop(base::SteadyClock::now() + std::chrono::seconds(5));
}

registry::WebhookAnswer ConversionClient::ask(const registry::WebhookCall& call) {
  registry::WebhookAnswer answer;
  modules::HttpRequest request;
  request.method = "POST";
  request.body = call.body;
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.ca_pem = call.hook.ca_pem;
  request.max_response_bytes = call.max_answer_bytes;
  request.deadline = call.deadline;
  request.cancelled = call.cancelled;
  request.url = call.hook.url;
  if (request.url.empty()) {
    const std::string place = place_of(store_, call.hook, answer.error);
    if (place.empty()) return answer;
    request.url = place + call.hook.path;
    request.tls_server_name = call.hook.service_name + "." + call.hook.service_ns + ".svc";
  }
  const std::string fault = modules::http_request_fault(request);
  if (!fault.empty()) {
    answer.error = fault;
    return answer;
  }
  modules::HttpResponse response = modules::perform_http(request, timers_, *connections_);
  if (response.status == LIMEN_OK) {
    answer.status = response.code;
    answer.body = std::move(response.body);
  } else if (response.status == LIMEN_E_DEADLINE) {
    answer.error = "context deadline exceeded";
  } else {
    answer.error = response.error;
  }
  return answer;
}

}  // namespace limen::app
