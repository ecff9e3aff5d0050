// A scripted HTTPS server for end-to-end tests: a webhook that is good, slow, wrong or down.
//
//   https_stand_in PORT CERTIFICATE KEY FOLDER
//
// Every request is answered from a file below FOLDER/answers, read anew each time: for /a/b the
// file a/b@WORD whose WORD is in the request's body, else the file a/b, else 404. The file's first
// line is "STATUS [MILLISECONDS TO WAIT [convert MODE]]"; then come header fields, an empty line
// and the body, which for `convert` is made of the question (host_port_webhook.h); {{uid}} in it
// stands for the first "uid" in the request's body, as an admission review wants it. What was asked
// is kept in FOLDER/seen, a file a request: method and path, header fields, an empty line, the
// body; FOLDER/connections has an empty file for each connection that one came by, named after the
// client's address. Runs until it is killed; "ready" on standard output says that it listens.
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "support/host_port_webhook.h"

namespace {

namespace fs = std::filesystem;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

fs::path folder;
std::atomic<int> requests{0};

void keep(const HTTPServerRequest& request, const std::string& body) {
  // Before the request itself: whoever has seen that counts both.
  std::ofstream(folder / "connections" / request.clientAddress().toString());
  char name[16];
  std::snprintf(name, sizeof name, "%06d", ++requests);
  const fs::path unfinished = folder / ("." + std::string(name));
  {
    std::ofstream file(unfinished, std::ios::binary);
    file << request.getMethod() << ' ' << request.getURI() << '\n';
    for (const auto& [key, value] : request) file << key << ": " << value << '\n';
    file << '\n' << body;
  }
  fs::rename(unfinished, folder / "seen" / name);
}

std::optional<fs::path> answer_to(const std::string& uri, const std::string& body) {
  const fs::path plain = folder / "answers" / fs::path(Poco::URI(uri).getPath()).relative_path();
  const std::string prefix = plain.filename().string() + "@";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(plain.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    if (name.compare(0, prefix.size(), prefix) == 0 &&
        body.find(name.substr(prefix.size())) != std::string::npos) {
      return entry.path();
    }
  }
  if (fs::is_regular_file(plain)) return plain;
  return std::nullopt;
}

// The first "uid":"..." in a JSON text.
std::string uid_of(const std::string& json) {
  const std::string key = "\"uid\":\"";
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

void answer(const fs::path& file, const std::string& question, HTTPServerResponse& response) {
  std::ifstream in(file, std::ios::binary);
  int status = 500, wait = 0;
  std::string line, what, mode;
  std::getline(in, line);
  std::istringstream(line) >> status >> wait >> what >> mode;
  std::this_thread::sleep_for(std::chrono::milliseconds(wait));
  response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
  while (std::getline(in, line) && !line.empty()) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) response.set(line.substr(0, colon), line.substr(colon + 2));
  }
  std::stringstream body;
  body << in.rdbuf();
  std::string text = what == "convert" ? limen::test::answer_review(question, mode) : body.str();
  const std::string place = "{{uid}}";
  if (const std::size_t at = text.find(place); at != std::string::npos) {
    text.replace(at, place.size(), uid_of(question));
  }
  response.sendBuffer(text.data(), text.size());
}

class Handler final : public Poco::Net::HTTPRequestHandler {
  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    std::string body;
    Poco::StreamCopier::copyToString(request.stream(), body);
    keep(request, body);
    if (const auto file = answer_to(request.getURI(), body)) return answer(*file, body, response);
    response.setStatusAndReason(Poco::Net::HTTPResponse::HTTP_NOT_FOUND);
    response.setContentLength(0);
    response.send();
  }
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
    return new Handler;  // the server's own
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: https_stand_in PORT CERTIFICATE KEY FOLDER\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  folder = argv[4];
  fs::create_directories(folder / "seen");
  fs::create_directories(folder / "answers");
  fs::create_directories(folder / "connections");
  try {
    Poco::Net::Context::Ptr context(new Poco::Net::Context(
        Poco::Net::Context::TLS_SERVER_USE, argv[3], argv[2], "", Poco::Net::Context::VERIFY_NONE));
    const auto port = static_cast<Poco::UInt16>(std::stoi(argv[1]));
    Poco::Net::SecureServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", port), 64, context);
    Poco::ThreadPool threads(4, 64);
    Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
    params->setMaxThreads(64);
    Poco::Net::HTTPServer server(new Factory, threads, socket, params);
    server.start();
    std::cout << "ready" << std::endl;
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  } catch (const Poco::Exception& error) {
    std::cerr << error.displayText() << '\n';
  }
  return 1;
}
