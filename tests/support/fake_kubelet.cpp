// A kubelet for end-to-end tests: its HTTPS API over one machine, without containers.
//
//   fake_kubelet PORT CERTIFICATE KEY CLIENT_CA FOLDER [no-websocket]
//
// Clients must show a certificate of CLIENT_CA. The request line of each request is added to
// FOLDER/requests, with the common name of who asked. A "container" runs commands of this machine:
//   /containerLogs/...   FOLDER/log, cut by tailLines and limitBytes; with follow also what is
//   added
//                        to it, until FOLDER/log.end is there
//   /exec/...            the command, over SPDY/3.1 or a WebSocket of v5.channel.k8s.io
//   /attach/...          cat
//   /portForward/...     ports of 127.0.0.1, over SPDY/3.1
// Anything else is answered with the method, the path and the fields of the request. "no-websocket"
// refuses those, as kubelets did before they knew them. Runs until it is killed; "ready" on
// standard output says that it listens.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/fake_kubelet_connection.h"
#include "support/spdy.h"

namespace limen::fake_kubelet {
namespace {

std::string folder;
bool speaks_websocket = true;
std::mutex requests_mutex;

// ---- streams of a command ----------------------------------------------------------------------

enum Channel : int { kStdin = 0, kStdout = 1, kStderr = 2, kError = 3 };

// How the streams of a command lie on the connection.
class Remote {
 public:
  virtual ~Remote() = default;
  // What came for the command's input is added to `input`; `ended` says that no more will.
  virtual void feed(std::string_view bytes, std::string& input, bool& ended) = 0;
  virtual bool ready() const { return true; }  // the command may begin
  virtual void send(Channel channel, std::string_view bytes) = 0;
  virtual void finish(const std::string& status) = 0;
};

class SpdyRemote final : public Remote {
 public:
  SpdyRemote(Peer& peer, std::size_t streams)
      : expected_(streams), session_([&peer](std::string_view bytes) { peer.write(bytes); }) {
    session_.on_stream = [this](std::uint32_t id, const limen::test::SpdySession::Headers& fields) {
      static const std::map<std::string, Channel> kTypes = {
          {"stdin", kStdin}, {"stdout", kStdout}, {"stderr", kStderr}, {"error", kError}};
      const auto type = fields.find("streamtype");
      if (type == fields.end()) return;
      if (type->second == "resize") return;
      ids_[kTypes.at(type->second)] = id;
    };
    session_.on_data = [this](std::uint32_t id, std::string_view data) {
      if (ids_.count(kStdin) != 0 && ids_[kStdin] == id) input_ += data;
    };
    session_.on_end = [this](std::uint32_t id) {
      if (ids_.count(kStdin) != 0 && ids_[kStdin] == id) ended_ = true;
    };
  }
  void feed(std::string_view bytes, std::string& input, bool& ended) override {
    session_.feed(bytes);
    input += std::exchange(input_, {});
    ended = ended || ended_;
  }
  bool ready() const override { return ids_.size() >= expected_; }
  void send(Channel channel, std::string_view bytes) override {
    if (ids_.count(channel) != 0) session_.send(ids_[channel], bytes);
  }
  void finish(const std::string& status) override {
    for (const Channel channel : {kStdout, kStderr}) {
      if (ids_.count(channel) != 0) session_.end(ids_[channel]);
    }
    if (ids_.count(kError) != 0) session_.send(ids_[kError], status, true);
  }

 private:
  const std::size_t expected_;
  limen::test::SpdySession session_;
  std::map<Channel, std::uint32_t> ids_;
  std::string input_;
  bool ended_ = false;
};

class WebSocketRemote final : public Remote {
 public:
  explicit WebSocketRemote(Peer& peer) : peer_(peer) {}

  void feed(std::string_view bytes, std::string& input, bool& ended) override {
    bytes_ += bytes;
    while (take_frame(input, ended)) {
    }
  }
  void send(Channel channel, std::string_view bytes) override {
    send_frame(2, static_cast<char>(channel) + std::string(bytes));
  }
  void finish(const std::string& status) override {
    send(kError, status);
    send_frame(8, "\x03\xE8");
  }

 private:
  bool take_frame(std::string& input, bool& ended) {
    if (bytes_.size() < 2) return false;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes_[at]); };
    std::size_t size = byte(1) & 0x7FU;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t head = 2 + extra + 4;
    if (bytes_.size() < head) return false;
    if (extra > 0) size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = size << 8U | byte(2 + i);
    if (bytes_.size() < head + size) return false;
    std::string payload = bytes_.substr(head, size);
    for (std::size_t i = 0; i < size; ++i) {
      payload[i] = static_cast<char>(payload[i] ^ bytes_[head - 4 + i % 4]);
    }
    const unsigned opcode = byte(0) & 0x0FU;
    bytes_.erase(0, head + size);
    if (opcode == 9) send_frame(10, payload);
    if (opcode == 8) ended = true;
    if (opcode != 2 || payload.empty()) return true;
    const auto channel = static_cast<unsigned char>(payload[0]);
    if (channel == kStdin) input += payload.substr(1);
    if (channel == 255 && payload.size() > 1 && payload[1] == kStdin) ended = true;  // of v5
    return true;
  }
  void send_frame(unsigned opcode, const std::string& payload) {
    std::string frame(1, static_cast<char>(0x80U | opcode));
    const std::size_t size = payload.size();
    if (size < 126) {
      frame += static_cast<char>(size);
    } else {
      frame += static_cast<char>(126);
      frame += static_cast<char>(size >> 8U);
      frame += static_cast<char>(size & 0xFFU);
    }
    peer_.write(frame + payload);
  }

  Peer& peer_;
  std::string bytes_;
};

// ---- commands ----------------------------------------------------------------------------------

struct Process {
  pid_t id = -1;
  int in = -1, out = -1, err = -1;
};

Process start(const std::vector<std::string>& command) {
  int in[2], out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) {
    return {};
  }
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t id = ::fork();
  if (id == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvp(words[0], words.data());
    ::_exit(126);
  }
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  return {id, in[1], out[0], err[0]};
}

std::string status_of(int exit_code) {
  if (exit_code == 0) return R"({"metadata":{},"status":"Success"})";
  const std::string code = std::to_string(exit_code);
  return R"({"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: )"
         R"(exit status )" +
         code +
         R"(","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":")" +
         code + R"("}]}})";
}

void close_one(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

// Reads what there is of one output; false at its end.
bool pass_on(int fd, Channel channel, Remote& remote) {
  char bytes[16 * 1024];
  const ssize_t got = ::read(fd, bytes, sizeof bytes);
  if (got <= 0) return false;
  remote.send(channel, {bytes, static_cast<std::size_t>(got)});
  return true;
}

void run_command(Peer& peer, Remote& remote, const std::vector<std::string>& command,
                 bool with_input) {
  Process process;
  std::string input;
  bool input_ended = !with_input;
  while (true) {
    if (process.id < 0 && remote.ready()) process = start(command);
    if (process.id >= 0) {
      if (!input.empty() && process.in >= 0 &&
          ::write(process.in, input.data(), input.size()) < 0) {
        close_one(process.in);
      }
      input.clear();
      if (input_ended) close_one(process.in);
      if (process.out < 0 && process.err < 0) break;
    }
    std::array<pollfd, 3> wanted = {pollfd{peer.fd(), POLLIN, 0}, pollfd{process.out, POLLIN, 0},
                                    pollfd{process.err, POLLIN, 0}};
    if (!peer.pending() && ::poll(wanted.data(), wanted.size(), -1) < 0) break;
    if (peer.pending() || wanted[0].revents != 0) {
      const std::string bytes = peer.read();
      if (bytes.empty()) {  // the client has gone
        if (process.id > 0) ::kill(process.id, SIGKILL);
        break;
      }
      remote.feed(bytes, input, input_ended);
    }
    if (wanted[1].revents != 0 && !pass_on(process.out, kStdout, remote)) close_one(process.out);
    if (wanted[2].revents != 0 && !pass_on(process.err, kStderr, remote)) close_one(process.err);
  }
  for (int* fd : {&process.in, &process.out, &process.err}) close_one(*fd);
  if (process.id < 0) return;
  int result = 0;
  ::waitpid(process.id, &result, 0);
  remote.finish(status_of(WIFEXITED(result) ? WEXITSTATUS(result) : 137));
}

std::string websocket_accept(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[20], encoded[32];
  EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha1(), nullptr);
  EVP_EncodeBlock(encoded, digest, sizeof digest);
  return reinterpret_cast<const char*>(encoded);
}

bool has_word(const std::string& list, const std::string& word) {
  return (", " + list + ",").find(" " + word + ",") != std::string::npos;
}

void serve_command(Peer& peer, const Request& request, const std::vector<std::string>& command) {
  const bool with_input = request.has("input");
  if (request.field("upgrade") == "websocket") {
    if (!speaks_websocket ||
        !has_word(request.field("sec-websocket-protocol"), "v5.channel.k8s.io")) {
      return respond(peer, 400, "unable to upgrade: unknown protocol\n");
    }
    peer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket_accept(request.field("sec-websocket-key")) +
        "\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n");
    WebSocketRemote remote(peer);
    return run_command(peer, remote, command, with_input);
  }
  if (request.field("upgrade") != "SPDY/3.1") return respond(peer, 400, "Upgrade required\n");
  if (!has_word(request.field("x-stream-protocol-version"), "v4.channel.k8s.io")) {
    return respond(peer, 403, "unable to upgrade: no common protocol\n");
  }
  peer.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n"
      "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n");
  const std::size_t streams = 1U + (with_input ? 1U : 0U) + (request.has("output") ? 1U : 0U) +
                              (request.has("error") ? 1U : 0U);
  SpdyRemote remote(peer, streams);
  run_command(peer, remote, command, with_input);
}

// ---- ports -------------------------------------------------------------------------------------

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

// Each port is a pair of streams: one for data, one for what went wrong.
class PortForward {
 public:
  explicit PortForward(Peer& peer)
      : peer_(peer), session_([&peer](std::string_view bytes) { peer.write(bytes); }) {
    session_.on_stream = [this](std::uint32_t id, const limen::test::SpdySession::Headers& fields) {
      const std::string request = fields.at("requestid");
      if (fields.at("streamtype") == "error") {
        errors_[request] = id;
        return;
      }
      const int fd = connect_to(std::stoi(fields.at("port")));
      if (fd < 0) {
        session_.send(errors_[request], "connection refused", true);
        session_.end(id);
      } else {
        sockets_[id] = {fd, request};
      }
    };
    session_.on_data = [this](std::uint32_t id, std::string_view data) {
      const auto found = sockets_.find(id);
      if (found == sockets_.end()) return;
      [[maybe_unused]] const ssize_t sent =
          ::send(found->second.first, data.data(), data.size(), MSG_NOSIGNAL);
    };
    session_.on_end = [this](std::uint32_t id) {
      const auto found = sockets_.find(id);
      if (found != sockets_.end()) ::shutdown(found->second.first, SHUT_WR);
    };
  }

  void run() {
    while (true) {
      std::vector<pollfd> wanted = {{peer_.fd(), POLLIN, 0}};
      std::vector<std::uint32_t> ids;
      for (const auto& [id, socket] : sockets_) {
        wanted.push_back({socket.first, POLLIN, 0});
        ids.push_back(id);
      }
      if (!peer_.pending() && ::poll(wanted.data(), wanted.size(), -1) < 0) return;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (wanted[i + 1].revents != 0) pass_on(ids[i]);
      }
      if (!peer_.pending() && wanted[0].revents == 0) continue;
      const std::string bytes = peer_.read();
      if (bytes.empty()) break;
      session_.feed(bytes);
    }
    for (const auto& [id, socket] : sockets_) ::close(socket.first);
  }

 private:
  void pass_on(std::uint32_t id) {
    const auto [fd, request] = sockets_[id];
    char bytes[16 * 1024];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got > 0) return session_.send(id, {bytes, static_cast<std::size_t>(got)});
    session_.end(id);
    session_.end(errors_[request]);
    ::close(fd);
    sockets_.erase(id);
  }

  Peer& peer_;
  limen::test::SpdySession session_;
  std::map<std::string, std::uint32_t> errors_;
  std::map<std::uint32_t, std::pair<int, std::string>> sockets_;
};

void forward_ports(Peer& peer, const Request& request) {
  if (request.field("upgrade") != "SPDY/3.1" || request.method != "POST") {
    return respond(peer, 400, "unable to upgrade: SPDY/3.1 is needed\n");
  }
  peer.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n"
      "X-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n");
  PortForward(peer).run();
}

// ---- logs --------------------------------------------------------------------------------------

std::string file_text(const std::string& name) {
  std::ifstream file(folder + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void send_chunk(Peer& peer, const std::string& text) {
  std::ostringstream size;
  size << std::hex << text.size();
  if (!text.empty()) peer.write(size.str() + "\r\n" + text + "\r\n");
}

void send_log(Peer& peer, const Request& request) {
  std::string text = file_text("log");
  std::size_t told = text.size();
  if (request.has("tailLines")) {
    std::size_t lines = std::stoul(request.get("tailLines"));
    std::size_t at = text.size();
    while (at > 0 && (lines > 0 || text[at - 1] != '\n')) {
      if (at < text.size() && text[at - 1] == '\n' && --lines == 0) break;
      --at;
    }
    text.erase(0, at);
  }
  if (request.has("limitBytes")) text = text.substr(0, std::stoul(request.get("limitBytes")));
  peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  send_chunk(peer, text);
  while (request.get("follow") == "true") {
    const bool over = std::ifstream(folder + "/log.end").good();
    const std::string now = file_text("log");
    if (now.size() > told) send_chunk(peer, now.substr(told));
    told = now.size();
    if (over) break;
    pollfd gone{peer.fd(), POLLIN, 0};
    if (::poll(&gone, 1, 20) > 0) return;
  }
  peer.write("0\r\n\r\n");
}

// ---- requests ----------------------------------------------------------------------------------

bool begins(const std::string& text, std::string_view with) { return text.rfind(with, 0) == 0; }

void serve(int fd, SSL_CTX* context) {
  Peer peer(fd, context);
  if (!peer.accept()) return;
  const std::optional<Request> request = read_request(peer);
  if (!request) return;
  {
    const std::lock_guard lock(requests_mutex);
    std::ofstream(folder + "/requests", std::ios::app)
        << request->method << ' ' << request->target << ' ' << peer.name() << '\n';
  }
  try {
    if (begins(request->path, "/containerLogs/")) {
      send_log(peer, *request);
    } else if (begins(request->path, "/exec/")) {
      serve_command(peer, *request, request->all("command"));
    } else if (begins(request->path, "/attach/")) {
      serve_command(peer, *request, {"cat"});
    } else if (begins(request->path, "/portForward/")) {
      forward_ports(peer, *request);
    } else {
      respond(peer, 200, request->text);
    }
  } catch (const std::exception& error) {
    std::cerr << request->target << ": " << error.what() << '\n';
  }
  peer.finish();
}

SSL_CTX* tls(char** argv) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  const bool good = SSL_CTX_use_certificate_chain_file(context, argv[2]) == 1 &&
                    SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) == 1 &&
                    SSL_CTX_load_verify_locations(context, argv[4], nullptr) == 1;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return good ? context : nullptr;
}

int run(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "usage: fake_kubelet PORT CERTIFICATE KEY CLIENT_CA FOLDER [no-websocket]\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  folder = argv[5];
  speaks_websocket = argc < 7 || std::string(argv[6]) != "no-websocket";
  SSL_CTX* const context = tls(argv);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (context == nullptr ||
      ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 64) != 0) {
    std::cerr << "fake_kubelet: cannot serve\n";
    return 1;
  }
  std::cout << "ready" << std::endl;
  while (true) {
    const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) std::thread(serve, accepted, context).detach();
  }
}

}  // namespace
}  // namespace limen::fake_kubelet

int main(int argc, char** argv) { return limen::fake_kubelet::run(argc, argv); }
