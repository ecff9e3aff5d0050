// ResponseParser: heads of answers, and those that are none.
#include "proxy/response_parser.h"

#include <gtest/gtest.h>

namespace limen::proxy {
namespace {

using Status = ResponseParser::Status;

AnswerHead parsed(const std::string& text, bool to_head_request = false) {
  ResponseParser parser(to_head_request);
  EXPECT_EQ(parser.parse(text), Status::complete) << text << parser.problem();
  return parser.head();
}
std::string problem(const std::string& text) {
  ResponseParser parser(false);
  return parser.parse(text) == Status::failed ? std::string(parser.problem()) : "";
}

TEST(ResponseParser, ReadsAHead) {
  const AnswerHead head = parsed(
      "HTTP/1.1 404 Not Found\r\nContent-Type:  text/plain \r\ncontent-length: 3\r\n\r\nabc");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.field("content-type"), "text/plain");
  EXPECT_EQ(head.body, AnswerHead::Body::length);
  EXPECT_EQ(head.content_length, 3u);
  EXPECT_EQ(head.size, 73u);
}

TEST(ResponseParser, IsTheSameHoweverTheBytesAreCut) {
  const std::string text = "HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    ResponseParser parser(false);
    EXPECT_EQ(parser.parse(text.substr(0, cut)), Status::need_more) << cut;
    EXPECT_EQ(parser.parse(text), Status::complete) << cut;
    EXPECT_EQ(parser.head().body, AnswerHead::Body::chunked);
    EXPECT_EQ(parser.head().fields.size(), 2u);
  }
}

TEST(ResponseParser, KnowsHowABodyEnds) {
  using Body = AnswerHead::Body;
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\n").body, Body::until_close);
  EXPECT_EQ(parsed("HTTP/1.1 200\r\n\r\n").body, Body::until_close);
  EXPECT_EQ(parsed("HTTP/1.0 200 OK\n\n").body, Body::until_close);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").body, Body::none);
  EXPECT_EQ(parsed("HTTP/1.1 204 No Content\r\n\r\n").body, Body::none);
  EXPECT_EQ(parsed("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").body, Body::none);
  EXPECT_EQ(parsed("HTTP/1.1 101 Switching Protocols\r\n\r\n").body, Body::none);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true).body, Body::none);
  const AnswerHead to_head = parsed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true);
  EXPECT_EQ(to_head.body, Body::none);
  EXPECT_TRUE(to_head.has_length);
  EXPECT_EQ(to_head.content_length, 9u);
}

TEST(ResponseParser, RefusesWhatIsNoStatusLine) {
  for (const char* line :
       {"", "HTTP/2 200 OK", "HTTP/1.2 200 OK", "HTTP/1.1  200 OK", "HTTP/1.1 20", "HTTP/1.1 2000",
        "HTTP/1.1 099 x", "HTTP/1.1 20x OK", "http/1.1 200 OK", "ICY 200 OK", "<html>",
        "SSH-2.0-OpenSSH_9", "HTTP/1.1 200 a\x01"}) {
    EXPECT_EQ(problem(std::string(line) + "\r\n\r\n"), "the status line is malformed") << line;
  }
}

TEST(ResponseParser, RefusesWhatIsNoField) {
  for (const char* line :
       {"no colon", ": empty", "a b: c", "a : b", " folded: line", "a: b\x01", "a: b\rc"}) {
    EXPECT_EQ(problem("HTTP/1.1 200 OK\r\n" + std::string(line) + "\r\n\r\n"),
              "a field is malformed")
        << line;
  }
}

TEST(ResponseParser, RefusesLengthsThatAreNone) {
  for (const char* value : {"", "-1", "+1", "0x10", "1 2", "1,1", "99999999999999999999"}) {
    EXPECT_EQ(problem("HTTP/1.1 200 OK\r\nContent-Length: " + std::string(value) + "\r\n\r\n"),
              "Content-Length is malformed")
        << value;
  }
  EXPECT_EQ(problem("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "Content-Length is malformed");
  EXPECT_EQ(
      parsed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n").content_length,
      2u);
}

TEST(ResponseParser, RefusesCodingsThatTwoReadersCouldReadDifferently) {
  for (const char* fields :
       {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"}) {
    EXPECT_EQ(problem("HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n"),
              "Transfer-Encoding is not chunked alone")
        << fields;
  }
  EXPECT_EQ(problem("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "Transfer-Encoding is not chunked alone");
}

TEST(ResponseParser, AHeadHasALimit) {
  const std::string begin = "HTTP/1.1 200 OK\r\nA: ";
  const std::string end = "\r\n\r\n";
  const std::size_t room = ResponseParser::kMostBytes - begin.size() - end.size();
  EXPECT_EQ(parsed(begin + std::string(room, 'x') + end).fields.size(), 1u);
  EXPECT_EQ(problem(begin + std::string(room + 2, 'x') + end), "the head is too long");
  EXPECT_EQ(problem(std::string(ResponseParser::kMostBytes + 1, 'x')), "the head is too long");
}

TEST(ResponseParser, FieldsHaveALimit) {
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < ResponseParser::kMostFields; ++i) text += "a: b\r\n";
  EXPECT_EQ(parsed(text + "\r\n").fields.size(), ResponseParser::kMostFields);
  EXPECT_EQ(problem(text + "a: b\r\n\r\n"), "the head has too many fields");
}

TEST(ResponseParser, ReadsTheNextHeadAfterAReset) {
  ResponseParser parser(false);
  EXPECT_EQ(parser.parse("HTTP/1.1 100 Continue\r\n\r\n"), Status::complete);
  parser.reset();
  EXPECT_EQ(parser.parse("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"), Status::complete);
  EXPECT_EQ(parser.head().status, 200);
}

}  // namespace
}  // namespace limen::proxy
