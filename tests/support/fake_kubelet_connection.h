// The connection to a client of the fake kubelet, and requests read from it. One thread each.
#pragma once

#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <cctype>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::fake_kubelet {

class Peer {
 public:
  Peer(int fd, SSL_CTX* context) : fd_(fd), ssl_(SSL_new(context)) { SSL_set_fd(ssl_, fd_); }
  ~Peer() {
    SSL_free(ssl_);
    ::close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool accept() { return SSL_accept(ssl_) == 1; }
  int fd() const { return fd_; }
  bool pending() const { return SSL_pending(ssl_) > 0 || !kept_.empty(); }
  // Some bytes; empty at the end.
  std::string read() {
    if (!kept_.empty()) return std::exchange(kept_, {});
    std::string bytes(32 * 1024, '\0');
    const int got = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  void write(std::string_view bytes) {
    if (!bytes.empty()) SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }
  void put_back(std::string bytes) { kept_ = std::move(bytes); }
  void finish() {
    SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }
  std::string name() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_);
    char text[200] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text,
                              sizeof text);
    return text;
  }

 private:
  int fd_;
  SSL* ssl_;
  std::string kept_;
};

struct Request {
  std::string method, target, path, text;
  std::map<std::string, std::string> fields;  // by names in lower case
  std::vector<std::pair<std::string, std::string>> query;

  bool has(const std::string& key) const {
    return std::any_of(query.begin(), query.end(),
                       [&](const auto& one) { return one.first == key; });
  }
  std::string get(const std::string& key) const {
    for (const auto& [name, value] : query) {
      if (name == key) return value;
    }
    return {};
  }
  std::vector<std::string> all(const std::string& key) const {
    std::vector<std::string> values;
    for (const auto& [name, value] : query) {
      if (name == key) values.push_back(value);
    }
    return values;
  }
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

inline std::string decode(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

inline std::optional<Request> read_request(Peer& peer) {
  std::string bytes;
  while (bytes.find("\r\n\r\n") == std::string::npos) {
    const std::string more = peer.read();
    if (more.empty()) return std::nullopt;
    bytes += more;
  }
  const std::size_t end = bytes.find("\r\n\r\n");
  Request request;
  request.text = bytes.substr(0, end + 2);
  std::istringstream lines(request.text);
  lines >> request.method >> request.target;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    std::string value = line.substr(colon + 2);
    if (!value.empty() && value.back() == '\r') value.pop_back();
    std::string& field = request.fields[name];
    field += (field.empty() ? "" : ", ") + value;
  }
  peer.put_back(bytes.substr(end + 4));
  const std::size_t question = request.target.find('?');
  request.path = request.target.substr(0, question);
  if (question == std::string::npos) return request;
  std::istringstream items(request.target.substr(question + 1));
  while (std::getline(items, line, '&')) {
    const std::size_t equals = line.find('=');
    request.query.emplace_back(
        decode(line.substr(0, equals)),
        equals == std::string::npos ? std::string() : decode(line.substr(equals + 1)));
  }
  return request;
}

inline void respond(Peer& peer, int status, const std::string& body) {
  peer.write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: text/plain\r\n" +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace limen::fake_kubelet
