// A Limen server as a program of its own, whose local listener lets everybody do everything.
// Thread rule: that of Process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/process.h"
#include "support/quiet_port.h"

namespace limen::test {

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
        << "threads: {io: 2, workers: 4}\n"
        // What happened is asked for at the end.
        << "historyRetention: 6h\n";
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
