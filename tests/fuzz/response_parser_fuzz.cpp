// Feeds arbitrary bytes to the parser of answers, whole and in pieces, and stops when the two
// readings differ: whatever the network does to the cuts, an answer must stay the same.
//
// The first input byte seeds the cuts and says whether HEAD was asked. Built with clang's
// -fsanitize=fuzzer; with LIMEN_FUZZ_MAIN defined it is a program that runs the files it is given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/response_parser.h"

namespace {

using limen::proxy::AnswerHead;
using limen::proxy::ResponseParser;

void require(bool holds) {
  if (!holds) std::abort();
}

ResponseParser::Status parse_in_pieces(ResponseParser& parser, std::string_view text,
                                       std::uint32_t seed) {
  std::size_t shown = 0;
  while (true) {
    const ResponseParser::Status status = parser.parse(text.substr(0, shown));
    if (status != ResponseParser::Status::need_more || shown >= text.size()) return status;
    seed = seed * 1664525U + 1013904223U;
    shown += 1 + (seed >> 28U);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool to_head = (data[0] & 1U) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ResponseParser whole(to_head);
  ResponseParser pieces(to_head);
  const ResponseParser::Status status = whole.parse(text);
  require(parse_in_pieces(pieces, text, data[0]) == status);
  if (status == ResponseParser::Status::failed) require(!whole.problem().empty());
  if (status != ResponseParser::Status::complete) return 0;
  const AnswerHead& one = whole.head();
  const AnswerHead& other = pieces.head();
  require(one.status >= 100 && one.status <= 999);
  require(one.size <= text.size() && one.size == other.size);
  require(one.status == other.status && one.body == other.body);
  require(one.content_length == other.content_length && one.fields == other.fields);
  return 0;
}

#include "replay_main.h"
