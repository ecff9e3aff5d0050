// A client of an API server's local listener: one connection that is kept, one question at a time.
// Thread-confined.
#pragma once

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>

#include <boost/json.hpp>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

namespace limen::test {

struct HttpAnswer {
  int status = 0;        // 0: there was no answer, or not all of it
  bool refused = false;  // nobody was there to be asked
  std::string retry_after;
  std::string text;

  // null when it is no JSON.
  boost::json::value json() const {
    boost::system::error_code wrong;
    boost::json::value parsed = boost::json::parse(text, wrong);
    return wrong ? boost::json::value() : parsed;
  }
};

// What stands at a path such as "metadata.name"; empty when there is no such text.
inline std::string text_at(const boost::json::value& from, std::string_view path) {
  const boost::json::value* at = &from;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const auto* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
    if (at == nullptr) return {};
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return at->is_string() ? std::string(at->get_string()) : std::string();
}

class HttpClient {
 public:
  // `seconds`: how long it waits for the next byte of an answer.
  explicit HttpClient(std::uint16_t port, int seconds = 10) : session_("127.0.0.1", port) {
    session_.setKeepAlive(true);
    session_.setTimeout(Poco::Timespan(2, 0), Poco::Timespan(seconds, 0),
                        Poco::Timespan(seconds, 0));
  }

  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = {},
                 const std::string& type = "application/json") {
    HttpAnswer answer;
    try {
      std::istream& stream = send(method, path, body, type);
      Poco::StreamCopier::copyToString(stream, answer.text);
      // A body that was cut looks like one that ended.
      const auto length = response_.getContentLength64();
      if (length != Poco::Net::HTTPMessage::UNKNOWN_CONTENT_LENGTH &&
          static_cast<std::uint64_t>(length) != answer.text.size())
        throw Poco::Net::NetException("cut");
      if (length == Poco::Net::HTTPMessage::UNKNOWN_CONTENT_LENGTH && answer.json().is_null())
        throw Poco::Net::NetException("cut");
      answer.status = response_.getStatus();
      answer.retry_after = response_.get("Retry-After", "");
    } catch (const Poco::Exception& error) {
      answer.refused =
          dynamic_cast<const Poco::Net::ConnectionRefusedException*>(&error) != nullptr;
      session_.reset();
    }
    return answer;
  }

  // The answer's head has come, its body comes line by line; throws Poco::Exception.
  std::istream& open(const std::string& path, int& status) {
    std::istream& stream = send("GET", path, {}, {});
    status = response_.getStatus();
    return stream;
  }
  void close() { session_.reset(); }

 private:
  std::istream& send(const std::string& method, const std::string& path, const std::string& body,
                     const std::string& type) {
    Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPRequest::HTTP_1_1);
    request.set("Accept", "application/json");
    request.set("User-Agent", "limen-test");
    if (!body.empty()) {
      request.setContentType(type);
      request.setContentLength(static_cast<int>(body.size()));
    }
    std::ostream& out = session_.sendRequest(request);
    if (!body.empty()) out << body << std::flush;
    response_.clear();
    return session_.receiveResponse(response_);
  }

  Poco::Net::HTTPClientSession session_;
  Poco::Net::HTTPResponse response_;
};

}  // namespace limen::test
