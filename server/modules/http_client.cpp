#include "modules/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/URI.h>

#include <algorithm>

#include "base/strings.h"

namespace limen::modules {

namespace {

// Why an exchange was given up by us. Kept beside the exception, because streams swallow those.
enum class GivenUp { no, cancelled, deadline };

// The time left; throws when there is none or nobody wants the answer any more.
Poco::Timespan remaining(const HttpRequest& request, GivenUp& given_up) {
  if (request.cancelled && request.cancelled()) {
    given_up = GivenUp::cancelled;
    throw Poco::TimeoutException("cancelled");
  }
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(request.deadline -
                                                                          base::SteadyClock::now());
  if (left.count() <= 0) {
    given_up = GivenUp::deadline;
    throw Poco::TimeoutException("deadline");
  }
  return Poco::Timespan(left.count());
}

// A session whose every read ends by the request's deadline and notices cancellation. Without this
// a peer that sends one byte at a time would renew the socket's timeout for ever.
template <class Session>
class BoundedSession final : public Session {
 public:
  template <class... Arguments>
  explicit BoundedSession(const HttpRequest& request, GivenUp& given_up, Arguments&&... arguments)
      : Session(std::forward<Arguments>(arguments)...), request_(request), given_up_(given_up) {}

 protected:
  int read(char* buffer, std::streamsize length) override {
    static const Poco::Timespan kSlice(100'000);
    for (;;) {
      this->socket().setReceiveTimeout(std::min(kSlice, remaining(request_, given_up_)));
      try {
        return Session::read(buffer, length);
      } catch (const Poco::TimeoutException&) {
        continue;  // one slice is over
      }
    }
  }

  int write(const char* buffer, std::streamsize length) override {
    this->socket().setSendTimeout(remaining(request_, given_up_));
    return Session::write(buffer, length);
  }

 private:
  const HttpRequest& request_;
  GivenUp& given_up_;
};

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
              const HttpRequest& request, GivenUp& given_up, HttpResponse& answer) {
  const Poco::Timespan left = remaining(request, given_up);
  session.setTimeout(left, left, left);
  session.setKeepAlive(false);
  std::string target = uri.getPathAndQuery();
  if (target.empty()) target = "/";
  Poco::Net::HTTPRequest head(request.method, target, Poco::Net::HTTPMessage::HTTP_1_1);
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

void perform(const HttpRequest& request, GivenUp& given_up, HttpResponse& answer) {
  const Poco::URI uri(request.url);
  if (uri.getScheme() == "https") {
    BoundedSession<Poco::Net::HTTPSClientSession> session(request, given_up, uri.getHost(),
                                                          uri.getPort(), tls_context(request));
    exchange(session, uri, request, given_up, answer);
  } else {
    BoundedSession<Poco::Net::HTTPClientSession> session(request, given_up, uri.getHost(),
                                                         uri.getPort());
    exchange(session, uri, request, given_up, answer);
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

HttpResponse perform_http(const HttpRequest& request) {
  HttpResponse answer;
  GivenUp given_up = GivenUp::no;
  std::string failure;
  bool timed_out = false;
  try {
    perform(request, given_up, answer);
    return answer;
  } catch (const Poco::TimeoutException&) {
    timed_out = true;
  } catch (const Poco::Exception& error) {
    failure = error.displayText();
  } catch (const std::exception& error) {
    failure = error.what();
  }
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
