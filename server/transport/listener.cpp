#include "transport/listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <stdexcept>
#include <system_error>
#include <utility>

namespace limen::transport {
namespace {

constexpr int kBacklog = 1024;
constexpr int kKeepAliveSeconds = 180;

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

class GiveAway final : public Poco::Net::TCPServerConnectionFilter {
 public:
  explicit GiveAway(PortListener::Taker taker) : taker_(std::move(taker)) {}

  // The descriptor is duplicated: POCO closes its own at its own time.
  bool accept(const Poco::Net::StreamSocket& socket) override {
    Descriptor own(::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0));
    if (own.get() < 0) return false;
    ::fcntl(own.get(), F_SETFL, ::fcntl(own.get(), F_GETFL) | O_NONBLOCK);
    set_option(own.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(own.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(own.get(), IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveSeconds);
    set_option(own.get(), IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveSeconds);
    taker_(std::move(own));
    return false;
  }

 private:
  PortListener::Taker taker_;
};

class NoHandlers final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return nullptr;
  }
};

Poco::Net::IPAddress parse_address(const std::string& text, const std::string& where) {
  Poco::Net::IPAddress address;
  if (!Poco::Net::IPAddress::tryParse(text, address)) {
    throw std::runtime_error("cannot listen on " + where + ": \"" + text +
                             "\" is not an IP address");
  }
  return address;
}

std::string place(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace

PortListener::PortListener(const std::string& address, std::uint16_t port) : unused_pool_(1, 1) {
  const std::string where = place(address, port);
  const Poco::Net::IPAddress ip = parse_address(address, where);
  try {
    const Poco::Net::SocketAddress target(ip, port);
    // The address may be in TIME_WAIT, but two servers never share the port.
    if (ip.family() == Poco::Net::IPAddress::IPv6) {
      socket_.bind6(target, true, false, false);
    } else {
      socket_.bind(target, true, false);
    }
    socket_.listen(kBacklog);
    port_ = socket_.address().port();
  } catch (const Poco::Exception& error) {
    throw std::runtime_error(
        "cannot listen on " + where + ": " +
        (error.code() != 0 ? std::generic_category().message(error.code()) : error.displayText()));
  }
  ::fcntl(socket_.impl()->sockfd(), F_SETFD, FD_CLOEXEC);
}

PortListener::~PortListener() { close(); }

void PortListener::accept(Taker taker) {
  server_ = std::make_unique<Poco::Net::HTTPServer>(new NoHandlers, unused_pool_, socket_,
                                                    new Poco::Net::HTTPServerParams);
  server_->setConnectionFilter(new GiveAway(std::move(taker)));
  server_->start();
}

void PortListener::close() {
  if (server_ != nullptr) {
    // Ends the accepting thread's wait, which would else last up to a quarter of a second.
    ::shutdown(socket_.impl()->sockfd(), SHUT_RD);
    server_->stop();
  }
  server_.reset();
  socket_.close();
}

bool is_loopback(const std::string& address) {
  Poco::Net::IPAddress ip;
  return Poco::Net::IPAddress::tryParse(address, ip) && ip.isLoopback();
}

}  // namespace limen::transport
