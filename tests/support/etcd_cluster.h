// Several Limen servers over an etcd cluster of three, all on loopback and all of them programs of
// their own, in one folder. Thread rule: one thread starts and ends them; ports never change.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/process.h"

namespace limen::test {

// Below those the system hands out by itself, so that nobody takes it while its owner is down.
inline std::uint16_t quiet_port() {
  static std::set<std::uint16_t> given;
  while (true) {
    const auto port = static_cast<std::uint16_t>(10000 + (static_cast<unsigned>(getpid()) * 131U +
                                                          static_cast<unsigned>(given.size()) * 7U +
                                                          static_cast<unsigned>(rand())) %
                                                             22000);
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free =
        ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    if (is_free && given.insert(port).second) return port;
  }
}

inline bool on_path(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

class EtcdCluster {
 public:
  EtcdCluster(std::string folder, std::size_t members) : folder_(std::move(folder)) {
    std::string all;
    std::vector<std::uint16_t> peers;
    for (std::size_t i = 0; i < members; ++i) {
      clients_.push_back(quiet_port());
      peers.push_back(quiet_port());
      all += (i == 0 ? "" : ",") + name_of(i) + "=" + url(peers[i]);
    }
    for (std::size_t i = 0; i < members; ++i) {
      members_.push_back(
          std::make_unique<Process>(std::vector<std::string>{"etcd",
                                                             "--name",
                                                             name_of(i),
                                                             "--data-dir",
                                                             folder_ + "/" + name_of(i),
                                                             "--listen-client-urls",
                                                             url(clients_[i]),
                                                             "--advertise-client-urls",
                                                             url(clients_[i]),
                                                             "--listen-peer-urls",
                                                             url(peers[i]),
                                                             "--initial-advertise-peer-urls",
                                                             url(peers[i]),
                                                             "--initial-cluster",
                                                             all,
                                                             "--heartbeat-interval",
                                                             "100",
                                                             "--election-timeout",
                                                             "1000",
                                                             "--logger",
                                                             "zap",
                                                             "--log-level",
                                                             "warn"},
                                    folder_ + "/" + name_of(i) + ".log"));
    }
  }
  void start() {
    for (auto& member : members_) member->start();
  }
  std::size_t size() const { return members_.size(); }
  Process& member(std::size_t i) { return *members_[i]; }

  std::vector<std::string> endpoints() const {
    std::vector<std::string> found;
    for (const std::uint16_t port : clients_) found.push_back(url(port));
    return found;
  }
  // Separated by commas, as etcdctl takes them.
  std::string endpoint_list() const {
    std::string all;
    for (const std::string& one : endpoints()) all += (all.empty() ? "" : ",") + one;
    return all;
  }
  // True when a write would be done now.
  bool healthy() const {
    return std::system(("ETCDCTL_API=3 timeout 5 etcdctl --endpoints " + endpoint_list() +
                        " --command-timeout=3s get limen-is-it-there > /dev/null 2>&1")
                           .c_str()) == 0;
  }

 private:
  static std::string name_of(std::size_t i) { return "m" + std::to_string(i); }
  static std::string url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

  std::string folder_;
  std::vector<std::uint16_t> clients_;
  std::vector<std::unique_ptr<Process>> members_;
};

// One server whose local listener lets everybody do everything.
class LimenServer {
 public:
  // `storage` is the configuration's section, in one line.
  LimenServer(std::string program, std::string folder, const std::string& storage)
      : folder_(std::move(folder)), port_(quiet_port()) {
    std::filesystem::create_directories(folder_);
    std::ofstream out(folder_ + "/limen.yaml");
    const std::uint16_t secure = quiet_port();
    out << "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n"
        << "secure: {bindAddress: 127.0.0.1, port: " << secure << ", certDir: " << folder_ << "}\n"
        << "local: {enabled: true, port: " << port_ << "}\n"
        << "authenticators: [{name: anonymous}]\nauthorizers: [{name: rbac}]\nadmission: []\n"
        // What clients write into their namespace is all there is in it.
        << "controllers: {disabled: [root-ca-publisher, default-service-account]}\n"
        << "storage: " << storage << "\nshutdownTimeout: 2s\nlog: {level: warn}\n"
        << "threads: {io: 2, workers: 4}\n";
    out.close();
    process_ = std::make_unique<Process>(
        std::vector<std::string>{std::move(program), "serve", "--config", folder_ + "/limen.yaml"},
        folder_ + "/server.log");
  }
  Process& process() { return *process_; }
  std::uint16_t port() const { return port_; }

 private:
  std::string folder_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace limen::test
