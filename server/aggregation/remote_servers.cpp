#include "aggregation/remote_servers.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/api_error.h"
#include "base/percent_encoding.h"
#include "base/strings.h"
#include "registry/service_location.h"

namespace limen::aggregation {

namespace {

constexpr std::string_view kUnavailable = "service unavailable";
constexpr std::string_view kUnreachable = "error trying to reach service: ";

// As Go's http.Error does.
void answer_text(request::RequestContext& context, int status, std::string text) {
  if (context.exchange().responded()) return;
  transport::ResponseHead head = context.new_head(status, "text/plain; charset=utf-8");
  head.add("X-Content-Type-Options", "nosniff");
  context.set_status(status);
  context.exchange().respond(std::move(head), text + "\n");
}

// The path as RequestInfo read it, and the query as it was sent: what was authorized is what is
// asked for.
std::string target_path(const request::RequestContext& context) {
  std::string out = base::percent_encode(context.info.path, "-._~!$&'()*+,;=:@/");
  std::string_view sent = context.head().target;
  sent = sent.substr(0, sent.find('#'));
  const std::size_t question = sent.find('?');
  if (question != std::string_view::npos) out += sent.substr(question);
  return out;
}

// What no field may hold (RFC 9110 section 5.5): it would be another field to the other side.
bool is_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

HeaderList forwarded_headers(const request::RequestContext& context, const proxy::Target& target) {
  HeaderList out = identity_headers(context.user);
  out.emplace_back("X-Forwarded-Uri", target.path.substr(0, target.path.find('?')));
  out.emplace_back("X-Forwarded-Host", target.host_header);
  out.emplace_back("X-Forwarded-Proto", "https");
  return out;
}

std::string url_of(const proxy::Target& target) {
  const bool v6 = target.host.find(':') != std::string::npos;
  return "https://" + (v6 ? '[' + target.host + ']' : target.host) + ':' +
         std::to_string(target.port) + target.path;
}

std::size_t random_below(std::size_t count) {
  thread_local std::minstd_rand numbers{std::random_device{}()};
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(numbers);
}

}  // namespace

void RemoteServers::show_certificate(std::string certificate, std::string key) {
  const std::lock_guard lock(mutex_);
  shown_ = std::make_shared<const Shown>(
      Shown{std::move(certificate), std::move(key), shown_->withheld});
}

void RemoteServers::withhold(std::vector<std::string> headers) {
  const std::lock_guard lock(mutex_);
  shown_ =
      std::make_shared<const Shown>(Shown{shown_->certificate, shown_->key, std::move(headers)});
}

std::shared_ptr<const RemoteServers::Shown> RemoteServers::shown() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

std::optional<proxy::Target> RemoteServers::target(const ApiService& service,
                                                   std::string path) const {
  if (!service.service) return std::nullopt;
  const registry::ServiceLocations locations = registry::locate_service(
      store_, service.service->ns, service.service->name, std::to_string(service.service->port));
  if (locations.ready.empty()) return std::nullopt;
  const registry::Location& chosen = locations.ready[random_below(locations.ready.size())];
  const std::shared_ptr<const Shown> own = shown();
  proxy::TlsTrust trust;
  trust.ca_pem = service.ca_pem;
  trust.server_name = service.server_name();
  trust.client_cert_pem = own->certificate;
  trust.client_key_pem = own->key;
  trust.skip_verify = service.skip_verify;
  proxy::Target out;
  out.host = chosen.host;
  out.port = chosen.port;
  out.host_header = service.server_name() + ":" + std::to_string(service.service->port);
  out.tls = std::move(trust);
  out.path = std::move(path);
  return out;
}

base::Task<void> RemoteServers::serve(request::RequestContext& context, RoutePtr route) const {
  std::optional<proxy::Target> where;
  if (route->available) where = target(route->service, target_path(context));
  if (!where) {
    answer_text(context, 503, std::string(kUnavailable));
    co_return;
  }
  proxy::ForwardRules rules;
  rules.added = forwarded_headers(context, *where);
  for (const auto& [name, value] : rules.added) {
    if (is_field_value(value)) continue;
    answer_text(context, 503,
                std::string(kUnreachable) + "net/http: invalid header field value for " +
                    base::go_quote(name));
    co_return;
  }
  rules.dropped = withheld_headers();
  for (const std::string& name : shown()->withheld) rules.dropped.push_back(name);
  rules.max_body_bytes = options_.max_body_bytes;
  rules.redirects = options_.refuse_redirects ? proxy::Redirects::refuse : proxy::Redirects::pass;
  // How long a watch takes to begin is that server's own to bound.
  if (context.initialized) std::exchange(context.initialized, nullptr)();
  std::optional<base::ApiError> problem;
  try {
    co_await options_.forward(context, std::move(*where), std::move(rules));
  } catch (const base::ApiError& error) {
    problem = error;
  }
  if (!problem) co_return;
  std::string text = problem->message();
  if (problem->code() == 503 && !text.starts_with(kUnreachable))
    text = std::string(kUnreachable) + text;
  answer_text(context, problem->code(), std::move(text));
}

base::Task<proxy::Fetched> RemoteServers::ask(base::Executor& loop, ApiService service,
                                              std::string path, HeaderList headers,
                                              std::size_t max_bytes,
                                              std::chrono::milliseconds timeout,
                                              std::shared_ptr<std::string> where) const {
  std::string method = "GET";
  co_return co_await send(loop, std::move(method), std::move(service), std::move(path),
                          std::move(headers), max_bytes, timeout, std::move(where));
}

base::Task<proxy::Fetched> RemoteServers::send(base::Executor& loop, std::string method,
                                               ApiService service, std::string path,
                                               HeaderList headers, std::size_t max_bytes,
                                               std::chrono::milliseconds timeout,
                                               std::shared_ptr<std::string> where) const {
  std::optional<proxy::Target> found = target(service, std::move(path));
  if (!found) {
    proxy::Fetched nobody;
    nobody.error = kUnavailable;
    co_return nobody;
  }
  if (where) *where = url_of(*found);
  headers.emplace_back("X-Remote-User", "system:kube-aggregator");
  headers.emplace_back("X-Remote-Group", request::kMastersGroup);
  co_return co_await options_.fetch(loop, std::move(method), std::move(*found), std::move(headers),
                                    max_bytes, timeout);
}

}  // namespace limen::aggregation
