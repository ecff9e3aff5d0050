#include "transport/status_text.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace limen::transport {
namespace {

struct Name {
  int code;
  std::string_view text;
};

// RFC 9110 section 15 and the codes of other RFCs, under the names Go gives them; sorted.
constexpr std::array kNames = {
    Name{100, "Continue"},
    Name{101, "Switching Protocols"},
    Name{102, "Processing"},
    Name{103, "Early Hints"},
    Name{200, "OK"},
    Name{201, "Created"},
    Name{202, "Accepted"},
    Name{203, "Non-Authoritative Information"},
    Name{204, "No Content"},
    Name{205, "Reset Content"},
    Name{206, "Partial Content"},
    Name{207, "Multi-Status"},
    Name{208, "Already Reported"},
    Name{226, "IM Used"},
    Name{300, "Multiple Choices"},
    Name{301, "Moved Permanently"},
    Name{302, "Found"},
    Name{303, "See Other"},
    Name{304, "Not Modified"},
    Name{305, "Use Proxy"},
    Name{307, "Temporary Redirect"},
    Name{308, "Permanent Redirect"},
    Name{400, "Bad Request"},
    Name{401, "Unauthorized"},
    Name{402, "Payment Required"},
    Name{403, "Forbidden"},
    Name{404, "Not Found"},
    Name{405, "Method Not Allowed"},
    Name{406, "Not Acceptable"},
    Name{407, "Proxy Authentication Required"},
    Name{408, "Request Timeout"},
    Name{409, "Conflict"},
    Name{410, "Gone"},
    Name{411, "Length Required"},
    Name{412, "Precondition Failed"},
    Name{413, "Request Entity Too Large"},
    Name{414, "Request URI Too Long"},
    Name{415, "Unsupported Media Type"},
    Name{416, "Requested Range Not Satisfiable"},
    Name{417, "Expectation Failed"},
    Name{418, "I'm a teapot"},
    Name{421, "Misdirected Request"},
    Name{422, "Unprocessable Entity"},
    Name{423, "Locked"},
    Name{424, "Failed Dependency"},
    Name{425, "Too Early"},
    Name{426, "Upgrade Required"},
    Name{428, "Precondition Required"},
    Name{429, "Too Many Requests"},
    Name{431, "Request Header Fields Too Large"},
    Name{451, "Unavailable For Legal Reasons"},
    Name{500, "Internal Server Error"},
    Name{501, "Not Implemented"},
    Name{502, "Bad Gateway"},
    Name{503, "Service Unavailable"},
    Name{504, "Gateway Timeout"},
    Name{505, "HTTP Version Not Supported"},
    Name{506, "Variant Also Negotiates"},
    Name{507, "Insufficient Storage"},
    Name{508, "Loop Detected"},
    Name{510, "Not Extended"},
    Name{511, "Network Authentication Required"},
};

constexpr std::string_view kRefusalHeaders =
    "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n";

std::string code_and_name(int code) {
  std::string text = std::to_string(code);
  text += ' ';
  text += status_text(code);
  return text;
}

}  // namespace

std::string_view status_text(int code) {
  const auto* found =
      std::lower_bound(kNames.begin(), kNames.end(), code,
                       [](const Name& name, int wanted) { return name.code < wanted; });
  if (found == kNames.end() || found->code != code) return {};
  return found->text;
}

std::string refusal_text(int code, std::string_view detail) {
  std::string text = code_and_name(code);
  if (!detail.empty()) {
    text += ": ";
    text += detail;
  }
  return text;
}

std::string refusal(int code, std::string_view detail) {
  const std::string text = refusal_text(code, detail);
  std::string answer = "HTTP/1.1 ";
  answer += text;
  answer += kRefusalHeaders;
  answer += text;
  return answer;
}

std::string unsupported_coding_refusal() {
  std::string answer = "HTTP/1.1 ";
  answer += code_and_name(501);
  answer += kRefusalHeaders;
  answer += "Unsupported transfer encoding";
  return answer;
}

}  // namespace limen::transport
