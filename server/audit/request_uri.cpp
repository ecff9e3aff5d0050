#include "audit/request_uri.h"

#include <algorithm>
#include <array>

namespace limen::audit {

namespace {

// Without case, and without the signs that names are joined with.
constexpr std::array<std::string_view, 17> kSecretNames = {
    "accesstoken", "apikey",       "assertion",  "authorization", "authtoken", "bearer",
    "bearertoken", "clientsecret", "credential", "credentials",   "idtoken",   "passwd",
    "password",    "refreshtoken", "secret",     "sig",           "token"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A parameter's name in one spelling: Access%5Ftoken is accesstoken.
std::string plain_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    if (c == '%' && i + 2 < name.size() && hex_digit(name[i + 1]) >= 0 &&
        hex_digit(name[i + 2]) >= 0) {
      c = static_cast<char>(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
      i += 2;
    }
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (c != '_' && c != '-' && c != '.') out += c;
  }
  return out;
}

bool is_secret(std::string_view name) {
  return std::find(kSecretNames.begin(), kSecretNames.end(), plain_name(name)) !=
         kSecretNames.end();
}

}  // namespace

std::string shown_target(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return std::string(target);
  std::string out(target.substr(0, question + 1));
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of("&;");
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret(pair.substr(0, equals))) {
      out.append(pair.substr(0, equals)).append("=REDACTED");
    } else {
      out += pair;
    }
    if (end == std::string_view::npos) break;
    out += rest[end];
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace limen::audit
