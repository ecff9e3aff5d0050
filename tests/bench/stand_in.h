// StandIn: the scripted HTTPS server of tests/support, run as a process of its own so that none of
// its work is counted as the server's. It is gone with this object. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace limen::bench {

class StandIn {
 public:
  // `folder` is where it reads its answers; certificate and key are PEM files. Throws
  // std::runtime_error when it does not come up.
  StandIn(const std::filesystem::path& program, std::filesystem::path folder,
          const std::string& certificate, const std::string& key);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  // What it says to requests for `path` ("/a/b") from now on, with status 200.
  void answer(const std::string& path, const std::string& json) const;
  std::string url(const std::string& path) const {
    return "https://localhost:" + std::to_string(port_) + path;
  }

 private:
  std::filesystem::path folder_;
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace limen::bench
