#include "modules/http_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <string>
#include <utility>

namespace limen::modules {

// A plain session over a socket that is connected, secure or not: the one for HTTPS refuses those.
class HttpConnection::Session final : public Poco::Net::HTTPClientSession {
 public:
  explicit Session(const Poco::Net::StreamSocket& socket) : HTTPClientSession(socket) {
    setKeepAlive(true);
  }
  // Waits for the first byte of an answer. False: the connection has ended.
  bool answer_begins() { return peek() != std::char_traits<char>::eof(); }
  bool holds_more() const { return buffered() > 0; }

 protected:
  // The session would connect anew by itself, to nobody in particular and without TLS.
  void connect(const Poco::Net::SocketAddress&) override {
    throw Poco::Net::ConnectionResetException("the connection has ended");
  }
};

namespace {

Poco::Net::StreamSocket begin_tls(const Poco::Net::StreamSocket& socket,
                                  const TlsIdentity& identity) {
  Poco::Net::IPAddress address;
  // An address is no server name (RFC 6066 section 3), only something to verify.
  const bool is_address = Poco::Net::IPAddress::tryParse(identity.server_name, address);
  Poco::Net::SecureStreamSocket secure = Poco::Net::SecureStreamSocket::attach(
      socket, is_address ? std::string() : identity.server_name, tls_context(identity));
  secure.verifyPeerCertificate(identity.server_name);
  return secure;
}

}  // namespace

HttpConnection::HttpConnection(Poco::Net::StreamSocket socket, const TlsIdentity* identity)
    : socket_(std::move(socket)) {
  socket_.setNoDelay(true);
  session_ =
      std::make_shared<Session>(identity == nullptr ? socket_ : begin_tls(socket_, *identity));
}

void HttpConnection::set_timeout(Poco::Timespan timeout) {
  for (Poco::Net::StreamSocket* socket : {&socket_, &session_->socket()}) {
    socket->setReceiveTimeout(timeout);
    socket->setSendTimeout(timeout);
  }
}

bool HttpConnection::has_news() {
  return session_->socket().available() > 0 ||
         socket_.poll(Poco::Timespan(0),
                      Poco::Net::Socket::SELECT_READ | Poco::Net::Socket::SELECT_ERROR);
}

void HttpConnection::send(const Poco::URI& uri, const HttpRequest& request) {
  std::string target = uri.getPathAndQuery();
  if (target.empty()) target = "/";
  Poco::Net::HTTPRequest head(request.method, target, Poco::Net::HTTPMessage::HTTP_1_1);
  head.setHost(uri.getHost(), uri.getPort());
  head.setKeepAlive(true);
  for (const auto& [name, value] : request.headers) head.add(name, value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    head.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  }
  std::ostream& out = session_->sendRequest(head);
  out.write(request.body.data(), static_cast<std::streamsize>(request.body.size()));
  out.flush();
  if (const Poco::Exception* failed = session_->networkException()) failed->rethrow();
}

void HttpConnection::exchange(const Poco::URI& uri, const HttpRequest& request,
                              HttpResponse& answer) {
  reusable_ = false;
  bool begun = false;
  try {
    send(uri, request);
    begun = session_->answer_begins();
  } catch (const Poco::TimeoutException&) {
    throw;
  } catch (const Poco::Exception& error) {
    throw NoAnswer(error.displayText());
  }
  if (!begun) throw NoAnswer("the connection was closed before an answer came");

  Poco::Net::HTTPResponse reply;
  std::istream& in = session_->receiveResponse(reply);
  answer.code = static_cast<int>(reply.getStatus());
  for (const auto& [name, value] : reply) answer.headers.emplace_back(name, value);
  if (!read_body(in, request, answer)) return;
  if (const Poco::Exception* failed = session_->networkException()) failed->rethrow();
  const bool bodiless = request.method == "HEAD" || answer.code == 204 || answer.code == 304;
  if (reply.hasContentLength() && !bodiless &&
      static_cast<Poco::Int64>(answer.body.size()) != reply.getContentLength64()) {
    answer.error = "the answer was cut short";
    answer.body.clear();
    return;
  }
  answer.status = LIMEN_OK;
  const bool ends_by_itself =
      bodiless || reply.hasContentLength() || reply.getChunkedTransferEncoding();
  reusable_ = ends_by_itself && reply.getKeepAlive() && !session_->holds_more();
}

// False when the body is too long; the answer says so then.
bool HttpConnection::read_body(std::istream& in, const HttpRequest& request, HttpResponse& answer) {
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
      return false;
    }
    answer.body.append(buffer, count);
  }
  return true;
}

}  // namespace limen::modules
