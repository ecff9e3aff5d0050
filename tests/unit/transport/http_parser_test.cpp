#include "transport/http_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace limen::transport {
namespace {

using Status = HeadParser::Status;

Limits small_limits() {
  Limits limits;
  limits.request_line_bytes = 64;
  limits.header_bytes = 256;
  limits.header_count = 8;
  return limits;
}

// The outcome as text, so that two readings can be compared whole.
std::string describe(Status status, const HeadParser& parser, std::string_view text) {
  if (status == Status::need_more) return "more";
  if (status == Status::failed) {
    return "refused " + std::to_string(parser.error().code) + " " +
           std::string(parser.error().detail) +
           (parser.error().unsupported_coding ? " (coding)" : "");
  }
  const ParsedHead& head = parser.head();
  std::string out(head.method.in(text));
  out += " " + std::string(head.target.in(text)) + (head.http_1_0 ? " 1.0" : " 1.1");
  for (const HeaderRange& header : head.headers) {
    out +=
        " [" + std::string(header.name.in(text)) + "=" + std::string(header.value.in(text)) + "]";
  }
  out += head.framing == Framing::chunked  ? " chunked"
         : head.framing == Framing::length ? " length " + std::to_string(head.content_length)
                                           : " none";
  out += head.keep_alive ? " keep" : " close";
  if (head.expects_continue) out += " continue";
  if (head.unknown_expectation) out += " unknown-expectation";
  out += " size " + std::to_string(head.size);
  return out;
}

std::string read_whole(std::string_view text, const Limits& limits) {
  HeadParser parser(limits);
  return describe(parser.parse(text), parser, text);
}

// Shows one byte more each time, in a buffer that moves.
std::string read_by_byte(std::string_view text, const Limits& limits) {
  HeadParser parser(limits);
  std::string shown;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    shown = std::string(text.substr(0, size));
    const Status status = parser.parse(shown);
    if (status != Status::need_more) return describe(status, parser, shown);
  }
  return "more";
}

// Shows the text in two pieces.
std::string read_in_two(std::string_view text, std::size_t cut, const Limits& limits) {
  HeadParser parser(limits);
  const Status first = parser.parse(text.substr(0, cut));
  if (first != Status::need_more) return describe(first, parser, text);
  return describe(parser.parse(text), parser, text);
}

struct Case {
  const char* name;
  std::string text;
  std::string outcome;
};

std::vector<Case> cases() {
  const std::string host = "Host: a\r\n";
  const std::string get = "GET / HTTP/1.1\r\n";
  return {
      {"simple", get + host + "\r\n", "GET / 1.1 [Host=a] none keep size 27"},
      {"what follows the head is not its", get + host + "\r\nGET /x",
       "GET / 1.1 [Host=a] none keep size 27"},
      {"http 1.0 closes", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 none close size 18"},
      {"http 1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
       "GET / 1.0 [Connection=Keep-Alive] none keep size 42"},
      {"connection close", get + host + "Connection: x, Close\r\n\r\n",
       "GET / 1.1 [Host=a] [Connection=x, Close] none close size 49"},
      {"white space around a value", get + "Host: \t a \t\r\n\r\n",
       "GET / 1.1 [Host=a] none keep size 31"},
      {"empty value", get + host + "X:\r\n\r\n", "GET / 1.1 [Host=a] [X=] none keep size 31"},
      {"obs-text in a value", get + host + "X: \xc3\xa9\r\n\r\n",
       "GET / 1.1 [Host=a] [X=\xc3\xa9] none keep size 34"},
      {"one empty line before", "\r\n" + get + host + "\r\n",
       "GET / 1.1 [Host=a] none keep size 29"},
      {"two empty lines before", "\r\n\r\n" + get + host + "\r\n", "refused 400 "},
      {"content length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\n",
       "POST / 1.1 [Host=a] [Content-Length=5] length 5 keep size 47"},
      {"chunked in any case", "POST / HTTP/1.1\r\n" + host + "transfer-encoding: Chunked\r\n\r\n",
       "POST / 1.1 [Host=a] [transfer-encoding=Chunked] chunked keep size 56"},
      {"expect continue",
       "PUT / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\n",
       "PUT / 1.1 [Host=a] [Content-Length=5] [Expect=100-Continue] length 5 keep continue size "
       "68"},
      {"expect something else", get + host + "Expect: a-miracle\r\n\r\n",
       "GET / 1.1 [Host=a] [Expect=a-miracle] none keep unknown-expectation size 46"},
      {"expect of a 1.0 client is not looked at", "GET / HTTP/1.0\r\nExpect: a-miracle\r\n\r\n",
       "GET / 1.0 [Expect=a-miracle] none close size 37"},
      {"absolute form", "GET http://a/b?c HTTP/1.1\r\n" + host + "\r\n",
       "GET http://a/b?c 1.1 [Host=a] none keep size 38"},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
       "OPTIONS * 1.1 [Host=a] none keep size 31"},
      {"authority form", "CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n",
       "CONNECT a:1 1.1 [Host=a] none keep size 33"},
      {"a later 1.x is read as 1.1", "GET / HTTP/1.7\r\n" + host + "\r\n",
       "GET / 1.1 [Host=a] none keep size 27"},
      {"empty host", get + "Host:\r\n\r\n", "GET / 1.1 [Host=] none keep size 25"},

      {"relative target", "GET x HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"no target", "GET HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"space in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"tab in the request line", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"control in the target", "GET /\x01 HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"DEL in the target", "GET /\x7f HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"no version", "GET /\r\n" + host + "\r\n", "refused 400 "},
      {"lower case version", "GET / http/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"version of two digits", "GET / HTTP/1.10\r\n" + host + "\r\n", "refused 400 "},
      {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
       "refused 505 unsupported protocol version"},
      {"method with a colon", "GE:T / HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "refused 400 "},
      {"bare LF after a header", get + "Host: a\n\r\n", "refused 400 "},
      {"bare LF as the empty line", get + host + "\n", "refused 400 "},
      {"bare CR in the request line", "GET /\r HTTP/1.1\r\n" + host + "\r\n", "refused 400 "},
      {"bare CR in a value", get + host + "X: a\rb\r\n\r\n", "refused 400 invalid header value"},
      {"NUL in a value", get + host + std::string("X: a\0b\r\n\r\n", 10),
       "refused 400 invalid header value"},
      {"NUL in a name", get + host + std::string("X\0: a\r\n\r\n", 9), "refused 400 "},
      {"folded header", get + host + "X: a\r\n b\r\n\r\n", "refused 400 "},
      {"fold as the first header", get + " X: a\r\n" + host + "\r\n", "refused 400 "},
      {"space before the colon", get + "Host : a\r\n\r\n", "refused 400 "},
      {"no colon", get + host + "X\r\n\r\n", "refused 400 "},
      {"no name", get + host + ": x\r\n\r\n", "refused 400 "},
      {"host missing", get + "\r\n", "refused 400 missing required Host header"},
      {"two hosts", get + host + host + "\r\n", "refused 400 "},
      {"host with a slash", get + "Host: a/b\r\n\r\n", "refused 400 malformed Host header"},
      {"two equal lengths",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
       "refused 400 "},
      {"lengths in a list", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5, 5\r\n\r\n",
       "refused 400 "},
      {"signed length", "POST / HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\n",
       "refused 400 "},
      {"hexadecimal length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x5\r\n\r\n",
       "refused 400 "},
      {"empty length", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", "refused 400 "},
      {"length of 19 digits",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 1000000000000000000\r\n\r\n",
       "refused 400 "},
      {"length and coding",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       "refused 400 "},
      {"coding and length",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
       "refused 400 "},
      {"coding of a 1.0 client", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
       "refused 400 "},
      {"unknown coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n",
       "refused 501  (coding)"},
      {"coding list", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n",
       "refused 501  (coding)"},
      {"coding twice",
       "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
       "refused 501  (coding)"},
      {"coding with a vertical tab",
       "POST / HTTP/1.1\r\n" + host +
           "Transfer-Encoding: \x0b"
           "chunked\r\n\r\n",
       "refused 400 invalid header value"},
      {"TLS bytes", std::string("\x16\x03\x01\x00\x05hello\n", 11), "refused 400 "},
      {"nothing yet", "GET / HT", "more"},
      {"headers not at their end", get + host, "more"},
      {"lone CR at the end", get + host + "\r", "more"},
  };
}

TEST(HeadParser, ReadsOrRefusesEachFormOfAHead) {
  const Limits limits;
  for (const Case& test : cases()) {
    EXPECT_EQ(read_whole(test.text, limits), test.outcome) << test.name;
  }
}

TEST(HeadParser, FindsTheSameWhenFedByteByByte) {
  const Limits limits;
  for (const Case& test : cases()) {
    EXPECT_EQ(read_by_byte(test.text, limits), test.outcome) << test.name;
  }
}

TEST(HeadParser, FindsTheSameWhereverTheBytesAreCut) {
  const Limits limits;
  for (const Case& test : cases()) {
    for (std::size_t cut = 0; cut <= test.text.size(); ++cut) {
      ASSERT_EQ(read_in_two(test.text, cut, limits), test.outcome) << test.name << " at " << cut;
    }
  }
}

std::string both_ways(const std::string& text, const Limits& limits) {
  const std::string whole = read_whole(text, limits);
  EXPECT_EQ(read_by_byte(text, limits), whole);
  return whole;
}

std::string request_line(std::size_t size) {
  const std::string rest = "GET / HTTP/1.1";
  return "GET /" + std::string(size - rest.size(), 'x') + " HTTP/1.1";
}

TEST(HeadParser, TakesARequestLineOfExactlyTheLimit) {
  const std::string text = request_line(64) + "\r\nHost: a\r\n\r\n";
  EXPECT_TRUE(both_ways(text, small_limits()).starts_with("GET /xxx"));
}

TEST(HeadParser, RefusesARequestLineOneByteOverTheLimit) {
  const std::string text = request_line(65) + "\r\nHost: a\r\n\r\n";
  EXPECT_EQ(both_ways(text, small_limits()), "refused 414 ");
}

TEST(HeadParser, RefusesATooLongRequestLineBeforeItsEnd) {
  EXPECT_EQ(both_ways(std::string(66, 'G'), small_limits()), "refused 414 ");
}

std::string head_of(std::size_t size) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string end = "\r\n\r\n";
  return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

TEST(HeadParser, TakesAHeadOfExactlyTheLimit) {
  EXPECT_TRUE(both_ways(head_of(256), small_limits()).ends_with("size 256"));
}

TEST(HeadParser, RefusesAHeadOneByteOverTheLimit) {
  EXPECT_EQ(both_ways(head_of(257), small_limits()), "refused 431 ");
}

TEST(HeadParser, RefusesATooLongHeaderBeforeItsEnd) {
  EXPECT_EQ(both_ways("GET / HTTP/1.1\r\nX: " + std::string(300, 'x'), small_limits()),
            "refused 431 ");
}

TEST(HeadParser, TheLimitMetFirstDecidesWhenTwoArePassed) {
  Limits limits = small_limits();
  limits.header_bytes = 40;
  EXPECT_EQ(both_ways(request_line(100) + "\r\n\r\n", limits), "refused 431 ");
  limits.header_bytes = 80;
  EXPECT_EQ(both_ways(request_line(100) + "\r\n\r\n", limits), "refused 414 ");
}

TEST(HeadParser, CountsHeaders) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int header = 0; header < 7; ++header) text += "X: y\r\n";
  EXPECT_TRUE(both_ways(text + "\r\n", small_limits()).starts_with("GET /"));
  EXPECT_EQ(both_ways(text + "X: y\r\n\r\n", small_limits()), "refused 431 ");
}

TEST(HeadParser, ReadsTheNextRequestAfterAReset) {
  const Limits limits;
  HeadParser parser(limits);
  const std::string first = "POST /a HTTP/1.0\r\nContent-Length: 3\r\n\r\n";
  const std::string second = "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(parser.parse(first), Status::complete);
  parser.reset();
  ASSERT_EQ(parser.parse(second), Status::complete);
  EXPECT_EQ(describe(Status::complete, parser, second), "GET /b 1.1 [Host=a] none keep size 28");
}

}  // namespace
}  // namespace limen::transport
