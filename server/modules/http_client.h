// One outbound HTTP request, made by a blocking worker.
//
// TLS always verifies the chain and the host name (RFC 9110 section 4.3.4); redirects are returned
// and never followed; the size of the answer and the whole time are bounded, however slowly the
// other side sends. Thread rule: perform() on one worker; the rest of a request is constant.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "limen/http.h"

namespace limen::modules {

class HttpPool;

struct HttpRequest {
  std::string method, url, body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string ca_file, client_cert_file, client_key_file;
  std::string ca_pem, client_cert_pem, client_key_pem;  // instead of the files
  std::string tls_server_name;  // asked for and verified instead of the URL's host
  std::size_t max_response_bytes = 1024 * 1024;
  base::Deadline deadline;
  std::function<bool()> cancelled;  // asked about ten times a second; any thread
};

struct HttpResponse {
  limen_status status = LIMEN_E_UNAVAILABLE;
  int code = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string error;  // for the log
};

// Whether a request makes sense: a scheme and host, a method and header fields without line breaks,
// none of the fields the client sets itself. Empty: yes; otherwise why not.
std::string http_request_fault(const HttpRequest& request);

// Sends the request and reads the answer; blocks. Never throws. `timers` cuts the connection when
// the deadline is over or nobody wants the answer any more; only a name lookup cannot be cut short.
// A connection of `pool` is used when one leads there; when the server closed it meanwhile and
// nothing of an answer was read, the request is sent once more on a new one.
HttpResponse perform_http(const HttpRequest& request, base::Executor& timers, HttpPool& pool);

}  // namespace limen::modules
