#include "app/audit_sender.h"

#include <exception>
#include <utility>

#include "app/client_config.h"
#include "base/executor.h"
#include "modules/http_client.h"
#include "modules/http_tls.h"

namespace limen::app {

namespace {

// Of an answer; there is nothing in it to read.
constexpr std::size_t kMaxAnswer = 1024 * 1024;

modules::HttpRequest request_for(const ClientConfig& config) {
  modules::HttpRequest request;
  request.method = "POST";
  request.url = config.server;
  request.tls_server_name = config.server_name;
  request.ca_pem = config.authorities;
  request.client_cert_pem = config.certificate;
  request.client_key_pem = config.key;
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  if (!config.authorization.empty()) {
    request.headers.emplace_back("Authorization", config.authorization);
  }
  return request;
}

}  // namespace

AuditSender::AuditSender(std::string kubeconfig)
    : kubeconfig_(std::move(kubeconfig)), connections_(modules::HttpPool::make(timers_)) {}

AuditSender::~AuditSender() { timers_.stop(base::SteadyClock::now() + std::chrono::seconds(5)); }

std::string AuditSender::send(const std::string& body, const std::atomic<bool>& give_up) {
  try {
    modules::HttpRequest request = request_for(read_client_config(kubeconfig_));
    const std::string fault = modules::http_request_fault(request);
    if (!fault.empty()) return kubeconfig_ + ": " + fault;
    request.body = body;
    request.max_response_bytes = kMaxAnswer;
    request.deadline = base::SteadyClock::now() + kTimeout;
    request.cancelled = [&give_up] { return give_up.load(); };
    const modules::HttpResponse answer = modules::perform_http(request, timers_, *connections_);
    if (answer.status != LIMEN_OK) return "the webhook: " + answer.error;
    if (answer.code >= 200 && answer.code < 300) return {};
    return "the webhook answered " + std::to_string(answer.code);
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::string audit_webhook_problem(const std::string& kubeconfig) {
  try {
    const ClientConfig config = read_client_config(kubeconfig);
    const std::string fault = modules::http_request_fault(request_for(config));
    if (!fault.empty()) return kubeconfig + ": " + fault;
    modules::tls_context({config.authorities, config.certificate, config.key, config.server_name});
    return {};
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return what.starts_with(kubeconfig) ? what : kubeconfig + ": " + what;
  }
}

}  // namespace limen::app
