#include "stand_in.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace limen::bench {

namespace {

// A port that was free a moment ago.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(socket, any, size) == 0 && ::getsockname(socket, any, &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace

StandIn::StandIn(const std::filesystem::path& program, std::filesystem::path folder,
                 const std::string& certificate, const std::string& key)
    : folder_(std::move(folder)), port_(free_port()) {
  std::array<int, 2> said{};
  if (::pipe(said.data()) != 0) throw std::runtime_error("no pipe");
  std::string name = program.string(), port = std::to_string(port_), cert = certificate,
              private_key = key, where = folder_.string();
  std::array<char*, 6> words{name.data(),        port.data(),  cert.data(),
                             private_key.data(), where.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, said[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, said[0]);
  const int failed =
      ::posix_spawn(&process_, name.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(said[1]);
  char first = 0;
  const bool ready = failed == 0 && ::read(said[0], &first, 1) == 1;
  ::close(said[0]);
  if (!ready) throw std::runtime_error(name + " does not come up");
}

StandIn::~StandIn() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void StandIn::answer(const std::string& path, const std::string& json) const {
  const std::filesystem::path file = folder_ / "answers" / path.substr(1);
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << "200\nContent-Type: application/json\n\n" << json;
}

}  // namespace limen::bench
