// Http: outbound requests on the host's threads. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limen/cpp/log.hpp"
#include "limen/cpp/result.hpp"
#include "limen/cpp/text.hpp"
#include "limen/http.h"

namespace limen {

struct HttpRequest {
  std::string method = "GET";
  std::string url{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string ca_file{};                              // PEM; empty: the system's trust store
  std::string client_cert_file{}, client_key_file{};  // PEM; empty: none
  std::string ca_pem{}, client_cert_pem{}, client_key_pem{};  // text instead of the files
  std::string tls_server_name{};         // asked for and verified instead of the URL's host
  std::chrono::nanoseconds timeout{0};   // 0: 10 s; never past the parent call's deadline
  std::uint64_t max_response_bytes = 0;  // 0: 1 MiB
};

// Borrowed for the callback.
struct HttpResponse {
  limen_status status = LIMEN_E_INTERNAL;  // LIMEN_OK whatever the HTTP code
  int code = 0;                            // redirects are returned, never followed
  std::string_view body;
  std::string_view error;  // for the log
  const limen_pair* headers = nullptr;
  std::size_t header_count = 0;
};

class Http {
 public:
  using Done = std::function<void(const HttpResponse& response)>;

  Http(const limen_host* host, const limen_http_api* api, Log log)
      : host_(host), api_(api), log_(log) {}
  explicit operator bool() const { return api_ != nullptr; }

  // Calls `done` once, on a worker thread, unless this returns an error. `parent` (may be null)
  // lends its deadline and its cancellation.
  Result<void> send(const HttpRequest& request, limen_call* parent, Done done) const {
    if (api_ == nullptr) return Error{"limen.http/1 is not offered", LIMEN_E_UNSUPPORTED};
    std::vector<limen_pair> headers;
    headers.reserve(request.headers.size());
    for (const auto& [name, value] : request.headers)
      headers.push_back({to_abi(name), to_abi(value)});
    limen_http_request out{};
    out.struct_size = sizeof(out);
    out.header_count = static_cast<std::uint32_t>(headers.size());
    out.method = to_abi(request.method);
    out.url = to_abi(request.url);
    out.headers = headers.data();
    out.body = to_abi(request.body);
    out.ca_file = to_abi(request.ca_file);
    out.client_cert_file = to_abi(request.client_cert_file);
    out.client_key_file = to_abi(request.client_key_file);
    out.ca_pem = to_abi(request.ca_pem);
    out.client_cert_pem = to_abi(request.client_cert_pem);
    out.client_key_pem = to_abi(request.client_key_pem);
    out.tls_server_name = to_abi(request.tls_server_name);
    out.timeout_ns = request.timeout.count();
    out.max_response_bytes = request.max_response_bytes;
    auto exchange = std::make_unique<Exchange>(Exchange{std::move(done), log_});
    const limen_status status = api_->send(host_, parent, &out, &Exchange::finish, exchange.get());
    if (status == LIMEN_OK) exchange.release();
    return detail::from_status(status, "the request could not be sent");
  }

 private:
  struct Exchange {
    Done done;
    Log log;
    static void finish(void* arg, limen_status status, const limen_http_response* in) noexcept {
      const std::unique_ptr<Exchange> self(static_cast<Exchange*>(arg));
      try {
        HttpResponse response;
        response.status = status;
        if (in != nullptr) {
          response.code = in->code;
          response.body = to_view(in->body);
          response.error = to_view(in->error);
          response.headers = in->headers;
          response.header_count = in->header_count;
        }
        self->done(response);
      } catch (const std::exception& error) {
        self->log.error("an HTTP response was not handled", {{"error", error.what()}});
      } catch (...) {
        self->log.error("an HTTP response was not handled");
      }
    }
  };

  const limen_host* host_;
  const limen_http_api* api_;
  Log log_;
};

}  // namespace limen
