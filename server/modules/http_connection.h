// One outbound connection and the exchanges on it, one after another.
//
// Thread rule: one thread at a time. The connection is closed when this is destroyed.
#pragma once

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <memory>
#include <stdexcept>

#include "modules/http_client.h"
#include "modules/http_tls.h"

namespace limen::modules {

// The connection ended before anything of an answer was read: on one that had been idle this says
// no more than that the server closed it meanwhile.
class NoAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class HttpConnection {
 public:
  // A connected socket, over which TLS is begun unless `identity` is null. Throws when the server
  // cannot be verified; timeouts are those of the socket.
  HttpConnection(Poco::Net::StreamSocket socket, const TlsIdentity* identity);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  int descriptor() { return socket_.impl()->sockfd(); }
  void set_timeout(Poco::Timespan timeout);

  // Sends the request and reads the answer. Throws NoAnswer, Poco::TimeoutException, or another
  // Poco::Exception when the connection broke in the middle.
  void exchange(const Poco::URI& uri, const HttpRequest& request, HttpResponse& answer);

  // True after an exchange whose answer ended by itself on a connection that the server keeps.
  bool is_reusable() const { return reusable_; }
  // True when the server has sent something since, its end included: nothing may follow then.
  bool has_news();

 private:
  class Session;

  void send(const Poco::URI& uri, const HttpRequest& request);
  bool read_body(std::istream& in, const HttpRequest& request, HttpResponse& answer);

  Poco::Net::StreamSocket socket_;  // below TLS
  std::shared_ptr<Session> session_;
  bool reusable_ = false;
};

}  // namespace limen::modules
