#include "transport/body_decoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace limen::transport {
namespace {

using Status = BodyDecoder::Status;

constexpr std::size_t kRoom = std::numeric_limits<std::size_t>::max();

ParsedHead chunked_head() {
  ParsedHead head;
  head.framing = Framing::chunked;
  return head;
}

ParsedHead length_head(std::uint64_t length) {
  ParsedHead head;
  head.framing = Framing::length;
  head.content_length = length;
  return head;
}

std::string outcome(Status status, const std::string& out, std::size_t consumed) {
  const char* name = status == Status::complete    ? "complete"
                     : status == Status::malformed ? "malformed"
                                                   : "more";
  if (status == Status::malformed) return name;
  return std::string(name) + " '" + out + "' " + std::to_string(consumed);
}

std::string decode_whole(const ParsedHead& head, std::string_view text, const Limits& limits = {}) {
  BodyDecoder decoder(head, limits);
  std::string out;
  const BodyDecoder::Step step = decoder.decode(text, &out, kRoom);
  return outcome(step.status, out, step.consumed);
}

std::string decode_by_byte(const ParsedHead& head, std::string_view text,
                           const Limits& limits = {}) {
  BodyDecoder decoder(head, limits);
  std::string out;
  std::size_t consumed = 0;
  for (const char& byte : text) {
    const BodyDecoder::Step step = decoder.decode({&byte, 1}, &out, kRoom);
    consumed += step.consumed;
    if (step.status != Status::need_more) return outcome(step.status, out, consumed);
  }
  return outcome(Status::need_more, out, consumed);
}

TEST(BodyDecoder, WithoutABodyIsCompleteAtOnce) {
  EXPECT_TRUE(BodyDecoder().complete());
  EXPECT_TRUE(BodyDecoder(ParsedHead(), Limits()).complete());
  EXPECT_TRUE(BodyDecoder(length_head(0), Limits()).complete());
}

TEST(BodyDecoder, TakesExactlyTheLength) {
  EXPECT_EQ(decode_whole(length_head(5), "helloGET /"), "complete 'hello' 5");
  EXPECT_EQ(decode_by_byte(length_head(5), "helloGET /"), "complete 'hello' 5");
  EXPECT_EQ(decode_whole(length_head(5), "hell"), "more 'hell' 4");
}

TEST(BodyDecoder, ReadsOrRefusesEachFormOfChunks) {
  struct Case {
    std::string text;
    std::string outcome;
  };
  const std::vector<Case> cases = {
      {"0\r\n\r\n", "complete '' 5"},
      {"5\r\nhello\r\n0\r\n\r\nGET", "complete 'hello' 15"},
      {"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "complete 'hello!' 21"},
      {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "complete '01234567890123456789' 35"},
      {"005\r\nhello\r\n000\r\n\r\n", "complete 'hello' 19"},
      {"5;name=value\r\nhello\r\n0;x=\"y\"\r\n\r\n", "complete 'hello' 32"},
      {"0\r\nX-Sum: 5\r\nY: \r\n\r\n", "complete '' 20"},
      {"5\r\nhello\r\n", "more 'hello' 10"},
      {"5\r\nhel", "more 'hel' 6"},
      {"\r\nhello", "malformed"},
      {"g\r\n", "malformed"},
      {"-5\r\nhello", "malformed"},
      {"0x5\r\nhello", "malformed"},
      {" 5\r\nhello", "malformed"},
      {"5 \r\nhello", "malformed"},
      {"5\nhello", "malformed"},
      {"5\rhello", "malformed"},
      {"5\r\nhelloX\r\n", "malformed"},
      {"5\r\nhello\n0\r\n\r\n", "malformed"},
      {"5;a\nb\r\nhello", "malformed"},
      {std::string("5;a\0\r\nhello", 11), "malformed"},
      {"0\r\nbad trailer\r\n\r\n", "malformed"},
      {"0\r\nX : y\r\n\r\n", "malformed"},
      {"0\r\n folded: y\r\n\r\n", "malformed"},
      {"0\r\nX: y\n\r\n", "malformed"},
      {"0\r\n\n", "malformed"},
      {"1000000000000000\r\n", "malformed"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(decode_whole(chunked_head(), test.text), test.outcome) << test.text;
    EXPECT_EQ(decode_by_byte(chunked_head(), test.text), test.outcome) << test.text;
  }
}

TEST(BodyDecoder, TrailersOfExactlyTheLimitPassAndOneByteMoreDoNot) {
  Limits limits;
  limits.trailer_bytes = 6;
  EXPECT_EQ(decode_whole(chunked_head(), "0\r\nX: y\r\n\r\n", limits), "complete '' 11");
  limits.trailer_bytes = 5;
  EXPECT_EQ(decode_whole(chunked_head(), "0\r\nX: y\r\n\r\n", limits), "malformed");
}

TEST(BodyDecoder, ExtensionsAreLimitedOverTheWholeBody) {
  const std::string chunk = "1;" + std::string(8 * 1024, 'x') + "\r\n!\r\n";
  EXPECT_EQ(decode_whole(chunked_head(), chunk + chunk + "0\r\n\r\n").substr(0, 13),
            "complete '!!'");
  EXPECT_EQ(decode_whole(chunked_head(), chunk + chunk + "0;x\r\n\r\n"), "malformed");
}

TEST(BodyDecoder, StopsWhenThereIsNoMoreRoom) {
  BodyDecoder decoder(chunked_head(), Limits());
  std::string out;
  const BodyDecoder::Step step = decoder.decode("5\r\nhello\r\n", &out, 3);
  EXPECT_EQ(out, "hel");
  EXPECT_EQ(step.consumed, 6U);
  EXPECT_EQ(step.status, Status::need_more);
}

TEST(BodyDecoder, CountsWhatItDropsWhenNobodyWantsIt) {
  BodyDecoder decoder(chunked_head(), Limits());
  EXPECT_EQ(decoder.decode("5\r\nhello\r\n0\r\n\r\n", nullptr, kRoom).status, Status::complete);
  EXPECT_EQ(decoder.decoded(), 5U);
}

TEST(BodyDecoder, TellsWhatRemainsOfALength) {
  BodyDecoder decoder(length_head(5), Limits());
  std::string out;
  decoder.decode("he", &out, kRoom);
  EXPECT_EQ(decoder.remaining(), 3U);
}

}  // namespace
}  // namespace limen::transport
