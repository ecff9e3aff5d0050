// The real etcd for tests: one or several members on free ports of the loopback, their data in
// memory where that is to be had, gone with the test.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/quiet_port.h"

namespace limen::test {

struct EtcdOptions {
  int members = 1;
  // Files for https with client certificates; empty: http.
  std::string certificate{}, key{}, authority{};
  std::vector<std::string> more{};  // flags
};

// Forks from a thread that lasts as long as the test's process: members die with the thread that
// made them, so that a test that is killed leaves none behind.
class EtcdSpawner {
 public:
  static pid_t spawn(std::function<void()> child) {
    static EtcdSpawner& one = *new EtcdSpawner;
    std::packaged_task<pid_t()> task([&] {
      const pid_t process = fork();
      if (process != 0) return process;
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      child();
      _exit(127);
    });
    std::future<pid_t> process = task.get_future();
    {
      const std::lock_guard lock(one.mutex_);
      one.tasks_.push_back(std::move(task));
      one.wake_.notify_one();
    }
    return process.get();
  }

 private:
  EtcdSpawner() {
    std::thread([this] {
      while (true) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !tasks_.empty(); });
        std::packaged_task<pid_t()> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
      }
    }).detach();
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

class Etcd {
 public:
  // Debian's etcd-server.
  static bool installed() { return access("/usr/bin/etcd", X_OK) == 0; }

  explicit Etcd(EtcdOptions options = {}) : options_(std::move(options)) {
    const char* const memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    std::string name = std::string(memory) + "/limen-etcd-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    folder_ = name;
    for (int i = 0; i < options_.members; ++i) {
      Member& member = members_.emplace_back();
      member.client_port = quiet_port();
      member.peer_port = quiet_port();
    }
    for (std::size_t i = 0; i < members_.size(); ++i) start(i);
  }
  Etcd(const Etcd&) = delete;
  Etcd& operator=(const Etcd&) = delete;
  ~Etcd() {
    for (std::size_t i = 0; i < members_.size(); ++i) kill(i);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::vector<std::string> endpoints() const {
    std::vector<std::string> list;
    for (const Member& member : members_) list.push_back(url(member.client_port));
    return list;
  }

  // Starts a member on the data it has; returns once its port answers.
  void start(std::size_t index) {
    Member& member = members_[index];
    const std::vector<std::string> words = command(index);
    std::vector<char*> raw;
    for (const std::string& word : words) raw.push_back(const_cast<char*>(word.c_str()));
    raw.push_back(nullptr);
    const std::string log_file = folder_ / "etcd.log";
    member.process = EtcdSpawner::spawn([&] {
      const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(log, 1);
      dup2(log, 2);
      execv(raw[0], raw.data());
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!answers(member.client_port)) {
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("etcd does not start:\n" + log());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  std::size_t size() const { return members_.size(); }
  // True until it is killed, also while it is paused.
  bool running(std::size_t index) const { return members_[index].process > 0; }
  // As a power cut.
  void kill(std::size_t index) {
    Member& member = members_[index];
    if (member.process <= 0) return;
    ::kill(member.process, SIGKILL);
    waitpid(member.process, nullptr, 0);
    member.process = 0;
  }
  // It holds its connections and answers nothing.
  void pause(std::size_t index) { ::kill(members_[index].process, SIGSTOP); }
  void resume(std::size_t index) { ::kill(members_[index].process, SIGCONT); }

  std::string log() const {
    std::ifstream file(folder_ / "etcd.log");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  struct Member {
    int client_port = 0, peer_port = 0;
    pid_t process = 0;
  };

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }
  static bool answers(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool done =
        connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(socket);
    return done;
  }
  std::string url(int port) const {
    return (options_.certificate.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") +
           std::to_string(port);
  }
  static std::string peer_url(int port) { return "http://127.0.0.1:" + std::to_string(port); }

  std::vector<std::string> command(std::size_t index) const {
    const Member& member = members_[index];
    std::string cluster;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (i > 0) cluster += ",";
      cluster += "m" + std::to_string(i) + "=" + peer_url(members_[i].peer_port);
    }
    const std::string name = "m" + std::to_string(index);
    // Alone, a member elects itself at once; several are given time on a busy machine.
    const bool alone = members_.size() == 1;
    std::vector<std::string> words = {"/usr/bin/etcd",
                                      "--name",
                                      name,
                                      "--data-dir",
                                      folder_ / name,  //
                                      "--listen-client-urls",
                                      url(member.client_port),  //
                                      "--advertise-client-urls",
                                      url(member.client_port),  //
                                      "--listen-peer-urls",
                                      peer_url(member.peer_port),  //
                                      "--initial-advertise-peer-urls",
                                      peer_url(member.peer_port),  //
                                      "--initial-cluster",
                                      cluster,
                                      "--max-request-bytes",
                                      "16777216",
                                      "--heartbeat-interval",
                                      alone ? "10" : "50",
                                      "--election-timeout",
                                      alone ? "100" : "500",
                                      "--logger",
                                      "zap"};
    if (!options_.certificate.empty()) {
      for (const std::string& word :
           {std::string("--cert-file"), options_.certificate, std::string("--key-file"),
            options_.key, std::string("--trusted-ca-file"), options_.authority,
            std::string("--client-cert-auth")}) {
        words.push_back(word);
      }
    }
    words.insert(words.end(), options_.more.begin(), options_.more.end());
    return words;
  }

  const EtcdOptions options_;
  std::filesystem::path folder_;
  std::vector<Member> members_;
};

}  // namespace limen::test
