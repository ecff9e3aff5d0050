#include "exchange.h"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace limen::bench {

std::string request_text(const std::string& method, const std::string& path,
                         const std::string& token, const std::string& body,
                         const std::string& accept) {
  std::string text = method + " " + path +
                     " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n";
  if (!accept.empty()) text += "Accept: " + accept + "\r\n";
  if (!body.empty()) {
    text += "Content-Type: application/merge-patch+json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

int exchange(Connection& connection, const std::string& request) {
  AnswerReader reader;
  connection.send(request);
  char buffer[16384];
  while (!reader.complete()) {
    const int got = connection.receive(buffer, sizeof(buffer));
    if (got < 0) throw std::runtime_error("the server closed the connection");
    if (got == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    reader.feed({buffer, static_cast<std::size_t>(got)});
  }
  return reader.status();
}

}  // namespace limen::bench
