#include "modules/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "base/strings.h"

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

  // The connection to cut. Throws when the exchange has been given up already. A duplicate is kept,
  // so that whoever closes the socket, its number stays this connection's until finish().
  void attach(int socket) {
    const std::lock_guard lock(mutex_);
    if (given_up_ != GivenUp::no) throw Poco::TimeoutException("given up");
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

Poco::Net::Context::Ptr tls_context(const HttpRequest& request) {
  Poco::Net::Context::Params params;
  params.privateKeyFile = request.client_key_file;
  params.certificateFile = request.client_cert_file;
  params.caLocation = request.ca_file;
  params.loadDefaultCAs = request.ca_file.empty();
  params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
  params.cipherList = "HIGH:!aNULL:!eNULL:!MD5:!RC4";
  Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params));
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  context->enableExtendedCertificateVerification(true);
  return context;
}

void exchange(Poco::Net::HTTPClientSession& session, const Poco::URI& uri,
              const HttpRequest& request, HttpResponse& answer) {
  std::string target = uri.getPathAndQuery();
  if (target.empty()) target = "/";
  Poco::Net::HTTPRequest head(request.method, target, Poco::Net::HTTPMessage::HTTP_1_1);
  head.setHost(uri.getHost(), uri.getPort());
  head.setKeepAlive(false);
  for (const auto& [name, value] : request.headers) head.add(name, value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    head.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  }
  std::ostream& out = session.sendRequest(head);
  out.write(request.body.data(), static_cast<std::streamsize>(request.body.size()));
  out.flush();
  if (const Poco::Exception* failed = session.networkException()) failed->rethrow();

  Poco::Net::HTTPResponse reply;
  std::istream& in = session.receiveResponse(reply);
  answer.code = static_cast<int>(reply.getStatus());
  for (const auto& [name, value] : reply) answer.headers.emplace_back(name, value);
  char buffer[16 * 1024];
  in.exceptions(std::ios::badbit);  // what read() throws comes through the stream
  while (in.good()) {
    in.read(buffer, sizeof buffer);
    const std::size_t count = static_cast<std::size_t>(in.gcount());
    if (answer.body.size() + count > request.max_response_bytes) {
      answer.status = LIMEN_E_INVALID;
      answer.error =
          "the answer is longer than " + std::to_string(request.max_response_bytes) + " bytes";
      answer.body.clear();
      return;
    }
    answer.body.append(buffer, count);
  }
  if (const Poco::Exception* failed = session.networkException()) failed->rethrow();
  if (reply.hasContentLength() && request.method != "HEAD" && answer.code != 204 &&
      answer.code != 304 &&
      static_cast<Poco::Int64>(answer.body.size()) != reply.getContentLength64()) {
    answer.error = "the answer was cut short";
    answer.body.clear();
    return;
  }
  answer.status = LIMEN_OK;
}

void perform(const HttpRequest& request, Cutter& cutter, HttpResponse& answer) {
  const Poco::URI uri(request.url);
  const bool tls = uri.getScheme() == "https";
  const Poco::Net::Context::Ptr context = tls ? tls_context(request) : nullptr;
  Poco::Net::StreamSocket socket;
  socket.connect(Poco::Net::SocketAddress(uri.getHost(), uri.getPort()), remaining(request));
  const Poco::Timespan left = remaining(request);
  socket.setReceiveTimeout(left);
  socket.setSendTimeout(left);
  cutter.attach(socket.impl()->sockfd());
  if (tls) {
    Poco::Net::SecureStreamSocket secure =
        Poco::Net::SecureStreamSocket::attach(socket, uri.getHost(), context);
    secure.verifyPeerCertificate(uri.getHost());
    // A plain session over the secure socket: the one for HTTPS refuses sockets that are connected.
    Poco::Net::HTTPClientSession session(secure);
    exchange(session, uri, request, answer);
  } else {
    Poco::Net::HTTPClientSession session(socket);
    exchange(session, uri, request, answer);
  }
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
  if (request.client_cert_file.empty() != request.client_key_file.empty()) {
    return "a client certificate needs its key";
  }
  return {};
}

HttpResponse perform_http(const HttpRequest& request, base::Executor& timers) {
  HttpResponse answer;
  const auto cutter = std::make_shared<Cutter>(request, timers);
  cutter->start();
  std::string failure;
  bool timed_out = false;
  try {
    perform(request, *cutter, answer);
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
