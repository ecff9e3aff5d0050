// A small extension API server for end-to-end tests: what stands behind an APIService.
//
//   extension_server PORT CERTIFICATE KEY CLIENT_CA FOLDER
//
// It serves v1 of widgets.example.com over TLS to whoever shows a certificate of CLIENT_CA whose
// common name is front-proxy-client: aggregated discovery, OpenAPI, and widgets:
//   GET  .../widgets            a list; with ?watch=true one event at once and one when FOLDER/go
//   is there GET  .../widgets/a          a widget GET  .../widgets/moved      302 to elsewhere POST
//   .../widgets            the body comes back, 201 GET  .../widgets/echo       with "Upgrade:
//   echo": 101, then every byte comes back GET  .../widgets/shut       with an Upgrade: 403; what
//   comes after it on the connection is kept
// What was asked is kept in FOLDER/seen, a file a request: method and path, header fields, an empty
// line, the body. Runs until it is killed; "ready" on standard output says that it listens.
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/X509Certificate.h>

#include <atomic>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace fs = std::filesystem;
using Poco::Net::SecureStreamSocket;

constexpr const char* kGroup = "/apis/widgets.example.com/v1";
constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
fs::path folder;
std::atomic<int> requests{0};

struct Request {
  std::string method, target, path, query, head, body;
  std::map<std::string, std::string> headers;  // names in lower case; the last of several
};

void keep(const std::string& text) {
  char name[16];
  std::snprintf(name, sizeof name, "%06d", ++requests);
  const fs::path unfinished = folder / ("." + std::string(name));
  { std::ofstream(unfinished, std::ios::binary) << text; }
  fs::rename(unfinished, folder / "seen" / name);
}

void send(SecureStreamSocket& socket, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const int count = socket.sendBytes(text.data() + sent, static_cast<int>(text.size() - sent));
    if (count <= 0) throw std::runtime_error("the connection is closed");
    sent += static_cast<std::size_t>(count);
  }
}

// False at the end of the connection.
bool receive(SecureStreamSocket& socket, std::string& text) {
  char buffer[4096];
  const int count = socket.receiveBytes(buffer, sizeof buffer);
  if (count <= 0) return false;
  text.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void read_head(Request& request, std::string head) {
  request.head = head;
  std::size_t end = head.find("\r\n");
  const std::string line = head.substr(0, end);
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  request.path = request.target.substr(0, request.target.find('?'));
  if (request.path.size() < request.target.size()) {
    request.query = request.target.substr(request.path.size() + 1);
  }
  while (end != std::string::npos) {
    const std::size_t start = end + 2;
    end = head.find("\r\n", start);
    const std::string field = head.substr(start, end == std::string::npos ? end : end - start);
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos) continue;
    std::size_t value = colon + 1;
    while (value < field.size() && field[value] == ' ') ++value;
    request.headers[lower(field.substr(0, colon))] = field.substr(value);
  }
}

std::string answer(const std::string& status, const std::string& body, const std::string& more = "",
                   const std::string& type = "application/json") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

std::string widget(const std::string& name) {
  return R"({"apiVersion":"widgets.example.com/v1","kind":"Widget","metadata":{"name":")" + name +
         R"(","namespace":"default","creationTimestamp":"2026-01-01T00:00:00Z","resourceVersion":"1"}})";
}

std::string status(int code, const std::string& reason) {
  return R"({"apiVersion":"v1","kind":"Status","status":"Failure","message":"no","reason":")" +
         reason + R"(","code":)" + std::to_string(code) + "}";
}

std::string discovery() {
  return R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[)"
         R"({"metadata":{"name":"widgets.example.com"},"versions":[{"version":"v1","freshness":"Current","resources":[)"
         R"({"resource":"widgets","responseKind":{"group":"widgets.example.com","version":"v1","kind":"Widget"},)"
         R"("scope":"Namespaced","singularResource":"widget","shortNames":["wi"],)"
         R"("verbs":["create","get","list","watch"]}]}]}]})";
}

std::string resources() {
  return R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":"widgets.example.com/v1","resources":[)"
         R"({"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","shortNames":["wi"],)"
         R"("verbs":["create","get","list","watch"]}]})";
}

std::string swagger() {
  return R"({"swagger":"2.0","info":{"title":"widgets","version":"v1"},"paths":{)"
         R"("/apis/widgets.example.com/v1/namespaces/{namespace}/widgets":{"get":{"responses":{"200":{)"
         R"("description":"OK","schema":{"$ref":"#/definitions/com.example.Widget"}}}}}},)"
         R"("definitions":{"com.example.Widget":{"type":"object","description":"A widget.",)"
         R"("x-kubernetes-group-version-kind":[{"group":"widgets.example.com","kind":"Widget","version":"v1"}]}}})";
}

std::string openapi() {
  return R"({"openapi":"3.0.0","info":{"title":"widgets","version":"v1"},"paths":{},"components":{"schemas":{)"
         R"("com.example.Widget":{"type":"object","description":"A widget.",)"
         R"("x-kubernetes-group-version-kind":[{"group":"widgets.example.com","kind":"Widget","version":"v1"}]}}}})";
}

void watch(SecureStreamSocket& socket) {
  const auto event = [&](const std::string& name) {
    const std::string line = R"({"type":"ADDED","object":)" + widget(name) + "}\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx", line.size());
    send(socket, std::string(size) + "\r\n" + line + "\r\n");
  };
  send(socket,
       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  event("a");
  for (int i = 0; i < 600 && !fs::exists(folder / "go"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  event("b");
  send(socket, "0\r\n\r\n");
}

void echo(SecureStreamSocket& socket, std::string rest) {
  send(socket, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  do {
    send(socket, rest);
    rest.clear();
  } while (receive(socket, rest));
}

void refuse_upgrade(SecureStreamSocket& socket, std::string rest) {
  send(socket,
       "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nshut");
  try {
    while (receive(socket, rest)) {
    }
  } catch (const Poco::Exception&) {  // an end without a word is one too
  }
  keep("AFTER /shut\n\n" + rest);
}

std::string simple_answer(const Request& request) {
  const std::string widgets = std::string(kGroup) + "/namespaces/default/widgets";
  const std::string& path = request.path;
  if (path == "/apis") {
    const auto known = request.headers.find("if-none-match");
    if (known != request.headers.end() && known->second == "\"one\"") {
      return "HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\nConnection: close\r\n\r\n";
    }
    return answer("200 OK", discovery(), "ETag: \"one\"\r\n", kAggregated);
  }
  if (path == kGroup) return answer("200 OK", resources());
  if (path == "/openapi/v2") return answer("200 OK", swagger(), "ETag: \"two\"\r\n");
  if (path == "/openapi/v3") {
    return answer("200 OK", R"({"paths":{"apis/widgets.example.com/v1":{"serverRelativeURL":)"
                            R"("/openapi/v3/apis/widgets.example.com/v1?hash=ABC"}}})");
  }
  if (path == std::string("/openapi/v3") + kGroup) return answer("200 OK", openapi());
  if (path == widgets + "/a") return answer("200 OK", widget("a"));
  if (path == widgets + "/moved") {
    return answer("302 Found", "", "Location: https://elsewhere.example.com/\r\n");
  }
  if (path == widgets || path == std::string(kGroup) + "/widgets") {
    if (request.method == "POST") return answer("201 Created", request.body);
    return answer("200 OK", R"({"apiVersion":"widgets.example.com/v1","kind":"WidgetList",)"
                            R"("metadata":{"resourceVersion":"1"},"items":[)" +
                                widget("a") + "]}");
  }
  return answer("404 Not Found", status(404, "NotFound"));
}

void serve(SecureStreamSocket socket) {
  try {
    std::string text;
    std::size_t end = std::string::npos;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(socket, text)) return;
    }
    Request request;
    read_head(request, text.substr(0, end));
    std::string rest = text.substr(end + 4);
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (rest.size() < size && receive(socket, rest)) {
    }
    request.body = rest.substr(0, size);
    rest.erase(0, size);
    keep(request.head + "\n\n" + request.body);
    if (!socket.havePeerCertificate() ||
        socket.peerCertificate().commonName() != "front-proxy-client") {
      return send(socket, answer("401 Unauthorized", status(401, "Unauthorized")));
    }
    const bool upgrade = request.headers.contains("upgrade");
    if (upgrade && request.path.ends_with("/echo")) return echo(socket, rest);
    if (upgrade && request.path.ends_with("/shut")) return refuse_upgrade(socket, rest);
    if (request.query.find("watch=") != std::string::npos) return watch(socket);
    send(socket, simple_answer(request));
    socket.shutdown();
  } catch (const Poco::Exception& error) {
    std::cerr << error.displayText() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: extension_server PORT CERTIFICATE KEY CLIENT_CA FOLDER\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  folder = argv[5];
  fs::create_directories(folder / "seen");
  try {
    using Poco::Net::Context;
    Context::Ptr context(new Context(Context::TLS_SERVER_USE, argv[3], argv[2], argv[4],
                                     Context::VERIFY_STRICT, 9, false));
    context->enableExtendedCertificateVerification(false);  // the client has no host name
    const auto port = static_cast<Poco::UInt16>(std::stoi(argv[1]));
    Poco::Net::SecureServerSocket server(Poco::Net::SocketAddress("127.0.0.1", port), 64, context);
    std::cout << "ready" << std::endl;
    while (true) {
      SecureStreamSocket socket(server.acceptConnection());
      std::thread(serve, socket).detach();
    }
  } catch (const Poco::Exception& error) {
    std::cerr << error.displayText() << '\n';
  }
  return 1;
}
