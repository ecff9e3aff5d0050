#include "requests.h"

namespace limen::bench {

Requests::Requests(const Options& options)
    : accept_(options.text("accept", "application/json")),
      token_(options.text("token")),
      gzip_(options.number("gzip", 0) != 0),
      count_(static_cast<std::uint64_t>(options.number("first", 0))) {
  like_.path = options.text("path", "/");
  like_.body = options.text("body");
  like_.method = options.text("method", "GET");
  like_.content_type = options.text("content-type", like_.body.empty() ? "" : "application/json");
  const std::string created = options.text("create");
  if (!created.empty()) {
    like_.method = "POST";
    like_.path = "/api/v1/namespaces/" + created + "/configmaps";
    like_.content_type = "application/json";
    like_.body =
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bench-{n}"},"data":{"payload":")" +
        std::string(800, 'x') + "\"}}";
  } else if (!options.text("post").empty()) {
    like_.method = "POST";
    like_.path = options.text("post");
  }
  changes_ = (like_.path + like_.body).find("{n}") != std::string::npos;
}

std::string Requests::numbered(const std::string& text) const {
  std::string made = text;
  const std::string number = std::to_string(count_);
  for (std::size_t at = 0; (at = made.find("{n}", at)) != std::string::npos; at += number.size()) {
    made.replace(at, 3, number);
  }
  return made;
}

Request Requests::next() {
  if (!changes_) return like_;
  Request made = like_;
  made.path = numbered(like_.path);
  made.body = numbered(like_.body);
  ++count_;
  return made;
}

std::string Requests::text(const Request& request) const {
  std::string text = request.method + " " + request.path +
                     " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: " + accept_ + "\r\n";
  if (!token_.empty()) text += "Authorization: Bearer " + token_ + "\r\n";
  if (gzip_) text += "Accept-Encoding: gzip\r\n";
  if (request.body.empty()) return text + "\r\n";
  text += "Content-Type: " + request.content_type +
          "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
  return text + request.body;
}

}  // namespace limen::bench
