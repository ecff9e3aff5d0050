#include "proxy_headers.h"

#include <algorithm>
#include <stdexcept>

#include "common/utf8.h"

namespace limen::plugins {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool same_name(std::string_view header, std::string_view lower_case_name) {
  return header.size() == lower_case_name.size() && to_lower(header) == lower_case_name;
}

void expect_plain(std::string_view text, const std::string& what) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control || !is_utf8(text)) {
    throw std::runtime_error(what + " is not UTF-8 or holds a control character");
  }
}

// The value of the first header of the list that has one.
std::string single_value(const HeaderList& headers, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::string_view value;
    bool seen = false;
    for (const auto& [key, text] : headers) {
      if (!same_name(key, name)) continue;
      if (seen) throw std::runtime_error("the header " + name + " comes more than once");
      seen = true;
      value = text;
    }
    if (value.empty()) continue;
    expect_plain(value, "the header " + name);
    return std::string(value);
  }
  return {};
}

std::vector<std::string> all_values(const HeaderList& headers,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> values;
  for (const std::string& name : names) {
    for (const auto& [key, text] : headers) {
      if (text.empty() || !same_name(key, name)) continue;
      expect_plain(text, "the header " + name);
      values.emplace_back(text);
    }
  }
  return values;
}

void read_extra(const HeaderList& headers, const std::string& prefix, ProxiedUser& user) {
  for (const auto& [header, value] : headers) {
    const std::string name = to_lower(header);
    if (!name.starts_with(prefix)) continue;
    const std::string key = to_lower(percent_decode(name.substr(prefix.size())));
    if (key.empty()) throw std::runtime_error("the header " + name + " has an empty extra key");
    expect_plain(key, "the key of the header " + name);
    expect_plain(value, "the header " + name);
    user.extra.emplace_back(key, value);
  }
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return lower;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const bool whole = text.size() - i > 2;
    const int high = whole ? hex_value(text[i + 1]) : -1;
    const int low = whole ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::string(text);
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

ProxiedUser user_of(const HeaderList& headers, const ProxyHeaderNames& names) {
  ProxiedUser user;
  user.name = single_value(headers, names.user);
  if (user.name.empty()) return user;
  user.uid = single_value(headers, names.uid);
  user.groups = all_values(headers, names.groups);
  for (const std::string& prefix : names.extra_prefixes) read_extra(headers, prefix, user);
  return user;
}

}  // namespace limen::plugins
