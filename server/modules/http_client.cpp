#include "modules/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <optional>

#include "base/strings.h"
#include "modules/http_connection.h"
#include "modules/http_pool.h"
#include "modules/http_tls.h"

namespace limen::modules {

namespace {

// Why an exchange was given up by us. Kept beside the exception, because streams swallow those.
enum class GivenUp { no, cancelled, deadline };

// Cuts a connection from outside. Timeouts of the socket are not enough: a peer that sends a byte
// now and then renews them for ever, and the session reads headers past anything one could
// override.
class Cutter : public std::enable_shared_from_this<Cutter> {
 public:
  Cutter(const HttpRequest& request, base::Executor& timers)
      : deadline_(request.deadline), cancelled_(request.cancelled), timers_(timers) {}

  // Looks after the exchange until finish().
  void start() {
    static constexpr std::chrono::milliseconds kLook(100);
    const base::Deadline now = base::SteadyClock::now();
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      if (cancelled_ && cancelled_()) {
        given_up_ = GivenUp::cancelled;
      } else if (now >= deadline_) {
        given_up_ = GivenUp::deadline;
      }
      if (given_up_ != GivenUp::no) {
        if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
        return;
      }
    }
    timers_.post_at(std::min(deadline_, now + kLook),
                    [self = shared_from_this()] { self->start(); });
  }

  // The connection to cut from now on. Throws when the exchange has been given up already. A
  // duplicate is kept, so that whoever closes the socket, its number stays this connection's until
  // finish().
  void attach(int socket) {
    const std::lock_guard lock(mutex_);
    if (given_up_ != GivenUp::no) throw Poco::TimeoutException("given up");
    if (socket_ >= 0) ::close(socket_);
    socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (socket_ < 0) throw Poco::IOException("too many open files");
  }
  GivenUp finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    return given_up_;
  }

 private:
  const base::Deadline deadline_;
  const std::function<bool()> cancelled_;
  base::Executor& timers_;
  std::mutex mutex_;
  int socket_ = -1;
  bool finished_ = false;
  GivenUp given_up_ = GivenUp::no;
};

// The time left; throws when there is none.
Poco::Timespan remaining(const HttpRequest& request) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(request.deadline -
                                                                          base::SteadyClock::now());
  if (left.count() <= 0) throw Poco::TimeoutException("deadline");
  return Poco::Timespan(left.count());
}

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_ours(std::string_view name) {
  for (const std::string_view field :
       {"host", "content-length", "transfer-encoding", "connection", "upgrade", "expect"}) {
    if (base::iequals(name, field)) return true;
  }
  return false;
}

std::unique_ptr<HttpConnection> connect(const Poco::URI& uri, const TlsIdentity* identity,
                                        const HttpRequest& request, Cutter& cutter) {
  Poco::Net::StreamSocket socket;
  socket.connect(Poco::Net::SocketAddress(uri.getHost(), uri.getPort()), remaining(request));
  const Poco::Timespan left = remaining(request);
  socket.setReceiveTimeout(left);
  socket.setSendTimeout(left);
  cutter.attach(socket.impl()->sockfd());
  return std::make_unique<HttpConnection>(socket, identity);
}

// True when a connection that was idle served the request.
bool reuse(const Poco::URI& uri, const HttpRequest& request, const std::string& key, HttpPool& pool,
           Cutter& cutter, HttpResponse& answer) {
  std::unique_ptr<HttpConnection> idle = pool.take(key);
  if (!idle) return false;
  cutter.attach(idle->descriptor());
  idle->set_timeout(remaining(request));
  try {
    idle->exchange(uri, request, answer);
  } catch (const NoAnswer&) {
    answer = {};
    return false;  // closed by the server while it was idle: a new connection will tell
  }
  pool.give(key, std::move(idle));
  return true;
}

void perform(const HttpRequest& request, HttpPool& pool, Cutter& cutter, HttpResponse& answer) {
  const Poco::URI uri(request.url);
  std::optional<TlsIdentity> identity;
  if (uri.getScheme() == "https") identity = tls_identity(request, uri.getHost());
  const std::string key = uri.getScheme() + " " + uri.getHost() + " " +
                          std::to_string(uri.getPort()) + " " +
                          (identity ? identity->fingerprint() : std::string());
  if (reuse(uri, request, key, pool, cutter, answer)) return;
  auto connection = connect(uri, identity ? &*identity : nullptr, request, cutter);
  connection->set_timeout(remaining(request));
  connection->exchange(uri, request, answer);
  pool.give(key, std::move(connection));
}

}  // namespace

std::string http_request_fault(const HttpRequest& request) {
  if (!is_token(request.method)) return "the method is not a token";
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return "a header name is not a token";
    if (!is_field_value(value)) return "a header value holds a line break";
    if (is_ours(name)) return "header " + name + " is set by the client itself";
  }
  if (!is_field_value(request.url)) return "the URL holds a line break";
  try {
    const Poco::URI uri(request.url);
    if (uri.getScheme() != "https" && uri.getScheme() != "http") return "the URL is not http(s)";
    if (uri.getHost().empty()) return "the URL has no host";
    if (!uri.getUserInfo().empty()) return "the URL holds credentials";
  } catch (const Poco::Exception&) {
    return "the URL cannot be parsed";
  }
  const bool has_certificate =
      !request.client_cert_pem.empty() || !request.client_cert_file.empty();
  const bool has_key = !request.client_key_pem.empty() || !request.client_key_file.empty();
  if (has_certificate != has_key) return "a client certificate needs its key";
  if (!is_field_value(request.tls_server_name)) return "the TLS server name holds a line break";
  return {};
}

HttpResponse perform_http(const HttpRequest& request, base::Executor& timers, HttpPool& pool) {
  HttpResponse answer;
  const auto cutter = std::make_shared<Cutter>(request, timers);
  cutter->start();
  std::string failure;
  bool timed_out = false;
  try {
    perform(request, pool, *cutter, answer);
    // A connection that was cut may look like one that ended.
    if (cutter->finish() == GivenUp::no) return answer;
  } catch (const Poco::TimeoutException&) {
    timed_out = true;
  } catch (const Poco::Exception& error) {
    failure = error.displayText();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const GivenUp given_up = cutter->finish();
  answer = {};
  if (given_up == GivenUp::cancelled) {
    answer.status = LIMEN_E_CANCELLED;
    answer.error = "cancelled";
  } else if (given_up == GivenUp::deadline || timed_out ||
             base::SteadyClock::now() >= request.deadline) {
    answer.status = LIMEN_E_DEADLINE;
    answer.error = "no answer within the deadline";
  } else {
    answer.error = failure;
  }
  return answer;
}

}  // namespace limen::modules
