// Feeds arbitrary bytes to the reader of WebSocket frames, whole and in pieces, and stops when the
// two readings differ.
//
// The first input byte seeds the cuts; the limit of a frame is small so that it is met. Built with
// clang's -fsanitize=fuzzer; with LIMEN_FUZZ_MAIN defined it is a program that runs the files it is
// given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "transport/websocket.h"

namespace {

using limen::transport::FrameReader;

constexpr std::uint64_t kMostPayload = 300;

void require(bool holds) {
  if (!holds) std::abort();
}

// What a reader tells, as text.
class Told final : public FrameReader::Events {
 public:
  std::string text;
  void on_payload(std::string_view bytes) override {
    payload_ += bytes.size();
    text += bytes;
  }
  void on_message_end() override { text += '|'; }
  void on_ping(std::string_view payload) override {
    require(payload.size() <= 125);
    text += "P" + std::string(payload);
  }
  void on_close(std::uint16_t code) override { text += "C" + std::to_string(code); }
  std::size_t payload() const { return payload_; }

 private:
  std::size_t payload_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  FrameReader whole(kMostPayload);
  Told at_once;
  const bool good = whole.feed(text, at_once);
  require(at_once.payload() <= text.size());

  FrameReader pieces(kMostPayload);
  Told told;
  std::uint32_t seed = data[0];
  bool still_good = true;
  for (std::string_view rest = text; !rest.empty() && still_good;) {
    seed = seed * 1664525U + 1013904223U;
    const std::string_view piece = rest.substr(0, 1 + (seed >> 28U));
    rest.remove_prefix(piece.size());
    still_good = pieces.feed(piece, told);
  }
  require(good == still_good && at_once.text == told.text);
  require(whole.close_code() == pieces.close_code());
  return 0;
}

#include "replay_main.h"
