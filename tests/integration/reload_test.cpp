// Reloads under load: a whole server over TLS, clients that never pause, and a configuration that
// changes all the time. Every request succeeds, and each is judged by one generation alone: the
// marked modules refuse whoever was authenticated by another one (tests/fixtures/marked).
//
// LIMEN_RELOADS and LIMEN_RELOAD_SECONDS set how many reloads there are and how long they take
// together.
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "app/server.h"
#include "config/load.h"
#include "observability/log.h"

namespace limen::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

// As packages and editors do it: the new file appears under the name at once.
void install(const fs::path& from, const fs::path& to) {
  const fs::path next = to.string() + ".new";
  fs::copy_file(from, next);
  ::chmod(next.c_str(), 0644);
  fs::rename(next, to);
}

class Reloads : public testing::Test {
 protected:
  void SetUp() override {
    log::set_level(log::Level::error);
    std::string pattern = (fs::temp_directory_path() / "limen-reload-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ::chmod(folder_.c_str(), 0755);
    const fs::path built(LIMEN_BINARY_DIR);
    install(built / "lib" / "limen" / "modules" / "sqlite.so", folder_ / "sqlite.so");
    install_version(1);
    port_ = free_port();
    configure("a");
    config::Loaded loaded = load();
    ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
    server_ = std::make_unique<ServerProcess>(loaded.configuration, [this] { return load(); });
    server_->start();
  }
  void TearDown() override {
    if (server_) server_->stop();
    server_.reset();
    fs::remove_all(folder_);
  }

  void install_version(int version) {
    install(
        fs::path(LIMEN_BINARY_DIR) / "tests" / ("marked-" + std::to_string(version)) / "marked.so",
        folder_ / "marked.so");
  }
  // All three of the chain have the mark; a mixed decision would be refused.
  void configure(const std::string& mark) {
    const std::string entry = "[{name: marked, config: {mark: " + mark + "}}]\n";
    std::ofstream out(folder_ / "limen.yaml.new");
    out << "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n"
        << "secure: {bindAddress: 127.0.0.1, port: " << port_ << ", certDir: " << folder_ << "}\n"
        << "modulePath: " << folder_ << "\nauthenticators: " << entry << "authorizers: " << entry
        << "admission: " << entry << "storage: {config: {path: " << folder_ / "limen.db"
        << "}}\n"
        << "shutdownTimeout: 5s\nlog: {level: error}\n";
    out.close();
    fs::rename(folder_ / "limen.yaml.new", folder_ / "limen.yaml");
  }
  config::Loaded load() const { return config::load_file(folder_ / "limen.yaml", {}); }
  ReloadReport reload() {
    std::promise<ReloadReport> report;
    server_->reload("test", [&](const ReloadReport& told) { report.set_value(told); });
    return report.get_future().get();
  }

  // One client: reads, writes and writes that are only tried, on one connection.
  void client(int number) {
    using Poco::Net::HTTPRequest;
    const Poco::Net::Context::Ptr trust = new Poco::Net::Context(
        Poco::Net::Context::TLS_CLIENT_USE, "", Poco::Net::Context::VERIFY_NONE);
    Poco::Net::HTTPSClientSession session("127.0.0.1", port_, trust);
    session.setKeepAlive(true);
    const std::string maps = "/api/v1/namespaces/default/configmaps";
    for (int turn = 0; !enough_; ++turn) {
      const bool reads = turn % 3 == 0;
      HTTPRequest request(reads ? HTTPRequest::HTTP_GET : HTTPRequest::HTTP_POST,
                          reads           ? "/api/v1/namespaces/default"
                          : turn % 3 == 1 ? maps + "?dryRun=All"
                                          : maps,
                          HTTPRequest::HTTP_1_1);
      request.set("Authorization", "Bearer marked-token");
      const std::string body = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m-)" +
                               std::to_string(number) + "-" + std::to_string(turn) + "\"}}";
      if (!reads) {
        request.setContentType("application/json");
        request.setContentLength(static_cast<int>(body.size()));
        session.sendRequest(request) << body;
      } else {
        session.sendRequest(request);
      }
      Poco::Net::HTTPResponse response;
      std::string answer;
      Poco::StreamCopier::copyToString(session.receiveResponse(response), answer);
      ++answered_;
      if (response.getStatus() == (reads ? 200 : 201)) continue;
      const std::lock_guard lock(mutex_);
      failures_.push_back(std::to_string(response.getStatus()) + " " + answer);
    }
  }
  void run_clients(int count, const std::function<void()>& meanwhile) {
    std::vector<std::thread> clients;
    for (int number = 0; number < count; ++number) {
      clients.emplace_back([this, number] {
        try {
          client(number);
        } catch (const std::exception& error) {
          const std::lock_guard lock(mutex_);
          failures_.emplace_back(error.what());
        }
      });
    }
    meanwhile();
    enough_ = true;
    for (std::thread& one : clients) one.join();
  }

  fs::path folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ServerProcess> server_;
  std::atomic<bool> enough_{false};
  std::atomic<int> answered_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;
};

TEST_F(Reloads, UnderLoadFailNoRequestAndMixNoDecision) {
  const int reloads = from_environment("LIMEN_RELOADS", 20);
  const std::chrono::duration<double> pause(
      static_cast<double>(from_environment("LIMEN_RELOAD_SECONDS", 3)) / reloads);
  int applied = 0;
  double slowest = 0;
  run_clients(4, [&] {
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 1; i <= reloads; ++i) {
      configure(i % 2 == 0 ? "a" : "b");
      if (i % 5 == 0) install_version(1 + i / 5 % 2);  // an upgrade, or the way back
      const ReloadReport report = reload();
      applied += report.applied ? 1 : 0;
      slowest = std::max(slowest, std::chrono::duration<double>(report.took).count());
      std::this_thread::sleep_until(
          begun + std::chrono::duration_cast<std::chrono::steady_clock::duration>(i * pause));
    }
  });
  EXPECT_EQ(applied, reloads);
  EXPECT_GT(answered_.load(), 0);
  EXPECT_EQ(failures_.size(), 0u) << failures_.front();
  std::printf(
      "{\"result\":\"reloads_under_load\",\"reloads\":%d,\"requests\":%d,\"failed\":%zu,"
      "\"slowest_reload_ms\":%.1f}\n",
      applied, answered_.load(), failures_.size(), slowest * 1000);
}

// What proves that the test above would notice: two marks in one configuration.
TEST_F(Reloads, ADecisionOfTwoGenerationsWouldBeSeen) {
  std::ifstream in(folder_ / "limen.yaml");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  text.replace(text.find("mark: a"), 7, "mark: b");  // of the authenticator alone
  std::ofstream(folder_ / "limen.yaml") << text;
  ASSERT_TRUE(reload().applied);
  run_clients(1, [this] {
    while (answered_ == 0) std::this_thread::sleep_for(1ms);
  });
  ASSERT_FALSE(failures_.empty());
  EXPECT_NE(failures_.front().find("a mixed decision"), std::string::npos) << failures_.front();
}

}  // namespace
}  // namespace limen::app
