// Feeds arbitrary bytes to the head parser and the body decoder, whole and in pieces, and stops
// when the two readings differ: whatever the network does to the cuts, a request must stay the
// same.
//
// The first input byte seeds the cuts; limits are small so that they are met. Built with clang's
// -fsanitize=fuzzer; with LIMEN_FUZZ_MAIN defined it is a program that runs the files it is given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include "transport/body_decoder.h"
#include "transport/http_parser.h"

namespace {

using limen::transport::BodyDecoder;
using limen::transport::HeaderRange;
using limen::transport::HeadParser;
using limen::transport::Limits;
using limen::transport::ParsedHead;

constexpr std::size_t kRoom = std::numeric_limits<std::size_t>::max();

Limits small_limits() {
  Limits limits;
  limits.request_line_bytes = 200;
  limits.header_bytes = 1000;
  limits.header_count = 20;
  limits.trailer_bytes = 100;
  return limits;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// Sizes of pieces, 1 to 16 bytes, the same for the same seed.
class Cuts {
 public:
  explicit Cuts(std::uint32_t seed) : state_(seed * 2654435761U + 1) {}
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return 1 + (state_ >> 28);
  }

 private:
  std::uint32_t state_;
};

HeadParser::Status parse_in_pieces(HeadParser& parser, std::string_view text, Cuts cuts) {
  std::string shown;
  while (true) {
    const HeadParser::Status status = parser.parse(shown);
    if (status != HeadParser::Status::need_more || shown.size() == text.size()) return status;
    shown = text.substr(0, shown.size() + cuts.next());
  }
}

void require_inside(const limen::transport::TextRange& range, const ParsedHead& head) {
  require(std::size_t{range.begin} + range.size <= head.size);
}

void require_same(const HeadParser& left, const HeadParser& right, HeadParser::Status status) {
  if (status == HeadParser::Status::failed) {
    require(left.error().code == right.error().code);
    require(left.error().detail == right.error().detail);
  }
  if (status != HeadParser::Status::complete) return;
  const ParsedHead& one = left.head();
  const ParsedHead& other = right.head();
  require(one.size == other.size && one.framing == other.framing);
  require(one.content_length == other.content_length && one.keep_alive == other.keep_alive);
  require(one.headers.size() == other.headers.size());
  require_inside(one.method, one);
  require_inside(one.target, one);
  for (const HeaderRange& header : one.headers) {
    require_inside(header.name, one);
    require_inside(header.value, one);
  }
}

void decode_both_ways(const ParsedHead& head, std::string_view text, const Limits& limits,
                      Cuts cuts) {
  BodyDecoder whole(head, limits);
  std::string whole_out;
  const BodyDecoder::Step at_once = whole.decode(text, &whole_out, kRoom);

  BodyDecoder pieces(head, limits);
  std::string pieces_out;
  std::size_t consumed = 0;
  BodyDecoder::Status status =
      pieces.complete() ? BodyDecoder::Status::complete : BodyDecoder::Status::need_more;
  while (status == BodyDecoder::Status::need_more && consumed < text.size()) {
    const std::string_view piece = text.substr(consumed, cuts.next());
    const BodyDecoder::Step step = pieces.decode(piece, &pieces_out, kRoom);
    consumed += step.consumed;
    status = step.status;
  }
  require(status == at_once.status && whole_out == pieces_out);
  require(whole_out.size() <= text.size());
  if (status != BodyDecoder::Status::malformed) require(consumed == at_once.consumed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Cuts cuts(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Limits limits = small_limits();

  HeadParser whole(limits);
  HeadParser pieces(limits);
  const HeadParser::Status status = whole.parse(text);
  require(parse_in_pieces(pieces, text, cuts) == status);
  require_same(whole, pieces, status);

  if (status == HeadParser::Status::complete) {
    decode_both_ways(whole.head(), text.substr(whole.head().size), limits, cuts);
  }
  ParsedHead chunked;
  chunked.framing = limen::transport::Framing::chunked;
  decode_both_ways(chunked, text, limits, cuts);
  return 0;
}

#include "replay_main.h"
