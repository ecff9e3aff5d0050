// Feeds arbitrary bytes to an HTTP/2 connection without a socket: as they are, and as frames whose
// lengths are right, so that more than the first frame is reached. Requests are read and answered;
// in the end the connection is closed and nothing may be left of them.
//
// The first input byte chooses the manner and seeds the cuts. Built with clang's -fsanitize=fuzzer;
// with LIMEN_FUZZ_MAIN defined it is a program that runs the files it is given.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http2.h"
#include "transport/io_worker.h"

namespace {

using namespace limen::transport;  // NOLINT: a program of one file

void require(bool holds) {
  if (!holds) std::abort();
}

// A connection that keeps nothing of what is sent.
class NoSocket final : public Carrier {
 public:
  OutQueue& out() override { return out_; }
  void flush_later() override {}
  std::size_t unsent() const override { return out_.size(); }
  void want_input(bool) override {}
  void set_deadline(limen::base::Deadline) override {}
  void set_stall_limit(std::chrono::milliseconds) override {}
  void close(Ending) override { closed = true; }
  const std::shared_ptr<const PeerInfo>& peer() const override { return peer_; }
  Listener listener() const override { return Listener::secure; }
  bool closed = false;

 private:
  OutQueue out_;
  std::shared_ptr<const PeerInfo> peer_ = std::make_shared<const PeerInfo>();
};

void answer(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->head().target.size() % 3 == 0) {
    const std::shared_ptr<ResponseStream> stream = exchange->stream(ResponseHead(200));
    stream->write("event");
    if (exchange->head().target.size() % 2 == 0) stream->finish();
    return;
  }
  exchange->read_body(1000, [exchange](BodyStatus status, std::string body) {
    ResponseHead head(status == BodyStatus::complete ? 200 : 400);
    exchange->respond(head, std::move(body));
  });
}

Limits small_limits() {
  Limits limits;
  limits.header_bytes = 2000;
  limits.header_count = 20;
  limits.trailer_bytes = 100;
  limits.max_streams = 4;
  return limits;
}

// A frame of the next bytes: type, flags, stream and a length are among them.
std::string next_frame(std::string_view& input) {
  constexpr std::size_t kOwn = 4;
  const std::string_view head = input.substr(0, kOwn);
  input.remove_prefix(head.size());
  if (head.size() < kOwn) return {};
  const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(head[3]), input.size());
  std::string frame("\0\0", 2);
  frame += static_cast<char>(size);
  frame += static_cast<char>(static_cast<unsigned char>(head[0]) % 12);
  frame += head[1];
  frame += std::string("\0\0\0", 3);
  frame += static_cast<char>(static_cast<unsigned char>(head[2]) % 16);
  frame += input.substr(0, size);
  input.remove_prefix(size);
  return frame;
}

constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Limits limits = small_limits();
  static const Handler handler = [](std::shared_ptr<Exchange> exchange) { answer(exchange); };
  static Counters counters;
  static IoWorker worker(limits, handler, counters);
  if (size == 0) return 0;
  const unsigned manner = data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  NoSocket socket;
  Http2 connection(socket, worker);
  connection.on_data(kPreface);
  while (!input.empty() && !socket.closed) {
    std::string piece;
    if (manner % 2 == 0) {
      piece = next_frame(input);
    } else {
      piece = input.substr(0, 1 + manner / 2);
      input.remove_prefix(piece.size());
    }
    connection.on_data(piece);
    connection.before_flush();
    require(socket.out().size() < 1024 * 1024);
    socket.out().clear();
    if (!socket.closed) connection.on_sent();
  }
  if (!socket.closed && manner % 3 == 0) {
    connection.on_drain();
    connection.before_flush();
  }
  connection.on_closed();
  require(counters.in_flight_requests.load() == 0);
  return 0;
}

#include "replay_main.h"
