#include "object/names.h"

#include <algorithm>
#include <initializer_list>

#include "base/strings.h"

namespace limen::object {

namespace {

constexpr std::size_t kLabelLength = 63;
constexpr std::size_t kSubdomainLength = 253;
constexpr std::size_t kPortNameLength = 15;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_alnum(char c) { return is_lower(c) || is_digit(c); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

// END ([INNER]* END)? for the given classes of characters.
template <typename End, typename Inner>
bool bounded(std::string_view text, End end, Inner inner) {
  return !text.empty() && end(text.front()) && end(text.back()) &&
         std::all_of(text.begin(), text.end(), inner);
}

bool is_label(std::string_view text) {
  return bounded(text, is_lower_alnum, [](char c) { return is_lower_alnum(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '.');
  return std::all_of(parts.begin(), parts.end(), is_label);
}

bool is_qualified_part(std::string_view text) {
  return bounded(text, is_alnum,
                 [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string pattern_problem(std::string_view what, std::string_view pattern,
                            std::initializer_list<std::string_view> examples = {}) {
  std::string out(what);
  out += " (";
  std::string_view lead = "e.g. ";
  for (const std::string_view example : examples) {
    out += lead;
    out += '\'';
    out += example;
    out += "', ";
    lead = " or ";
  }
  out += "regex used for validation is '";
  out += pattern;
  out += "')";
  return out;
}

constexpr std::string_view kLabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr std::string_view kSubdomainPattern =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
constexpr std::string_view kKeyPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

std::string key_problem(std::string_view lead) {
  return pattern_problem(std::string(lead) +
                             "must consist of alphanumeric characters, '-', '_' or '.', and must "
                             "start and end with an alphanumeric character",
                         kKeyPattern, {"MyName", "my.name", "123-abc"});
}

void check_length(std::string_view text, std::size_t limit, Problems& out) {
  if (text.size() > limit) out.push_back(max_length_problem(limit));
}

}  // namespace

std::string max_length_problem(std::size_t limit) {
  return "must be no more than " + std::to_string(limit) + " bytes";
}

std::string inclusive_range_problem(std::int64_t low, std::int64_t high) {
  return "must be between " + std::to_string(low) + " and " + std::to_string(high) + ", inclusive";
}

Problems dns1123_label(std::string_view text) {
  Problems out;
  check_length(text, kLabelLength, out);
  if (is_label(text)) return out;
  if (is_subdomain(text)) {
    out.push_back("must not contain dots");
  } else {
    out.push_back(pattern_problem(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
        "must start and end with an alphanumeric character",
        kLabelPattern, {"my-name", "123-abc"}));
  }
  return out;
}

Problems dns1123_subdomain(std::string_view text) {
  Problems out;
  check_length(text, kSubdomainLength, out);
  if (!is_subdomain(text)) {
    out.push_back(pattern_problem(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character",
        kSubdomainPattern, {"example.com"}));
  }
  return out;
}

Problems dns1035_label(std::string_view text) {
  Problems out;
  check_length(text, kLabelLength, out);
  if (!is_label(text) || !is_lower(text.front())) {
    out.push_back(pattern_problem(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
        "alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", {"my-name", "abc-123"}));
  }
  return out;
}

Problems wildcard_dns1123_subdomain(std::string_view text) {
  Problems out;
  check_length(text, kSubdomainLength, out);
  if (!text.starts_with("*.") || !is_subdomain(text.substr(2))) {
    out.push_back(pattern_problem(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
        "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
        "alphanumeric character",
        "\\*\\." + std::string(kSubdomainPattern), {"*.example.com"}));
  }
  return out;
}

Problems qualified_name(std::string_view text) {
  Problems out;
  const std::vector<std::string_view> parts = base::split(text, '/');
  if (parts.size() > 2) {
    out.push_back(key_problem("a valid label key ") +
                  " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
    return out;
  }
  if (parts.size() == 2) {
    if (parts[0].empty()) {
      out.push_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : dns1123_subdomain(parts[0])) {
        out.push_back("prefix part " + problem);
      }
    }
  }
  const std::string_view name = parts.back();
  if (name.empty()) {
    out.push_back("name part must be non-empty");
  } else if (name.size() > kLabelLength) {
    out.push_back("name part " + max_length_problem(kLabelLength));
  }
  if (!is_qualified_part(name)) out.push_back(key_problem("name part "));
  return out;
}

Problems label_value(std::string_view text) {
  Problems out;
  check_length(text, kLabelLength, out);
  if (!text.empty() && !is_qualified_part(text)) {
    out.push_back(pattern_problem(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
        "'.', and must start and end with an alphanumeric character",
        "(" + std::string(kKeyPattern) + ")?", {"MyValue", "my_value", "12345"}));
  }
  return out;
}

Problems path_segment_name(std::string_view text) {
  if (text == "." || text == "..") return {"may not be '" + std::string(text) + "'"};
  Problems out;
  for (const char illegal : {'/', '%'}) {
    if (text.find(illegal) != std::string_view::npos) {
      out.push_back(std::string("may not contain '") + illegal + "'");
    }
  }
  return out;
}

Problems config_map_key(std::string_view text) {
  Problems out;
  check_length(text, kSubdomainLength, out);
  const bool legal = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
  if (!legal) {
    out.push_back(pattern_problem(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        "[-._a-zA-Z0-9]+", {"key.name", "KEY_NAME", "key-name"}));
  }
  if (text == ".") {
    out.push_back("must not be '.'");
  } else if (text == "..") {
    out.push_back("must not be '..'");
  } else if (text.starts_with("..")) {
    out.push_back("must not start with '..'");
  }
  return out;
}

Problems env_var_name(std::string_view text) {
  Problems out;
  if (text.empty()) out.push_back("environment variable name must be non-empty");
  const bool legal = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7F && c != '='; });
  if (!legal) {
    out.push_back(
        "a valid environment variable name must consist only of printable ASCII characters other "
        "than '='");
  }
  return out;
}

Problems c_identifier(std::string_view text) {
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  if (!text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), is_word)) {
    return {};
  }
  return {pattern_problem(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of "
      "alphanumeric characters or '_'",
      "[A-Za-z_][A-Za-z0-9_]*", {"my_name", "MY_NAME", "MyName"})};
}

Problems port_name(std::string_view text) {
  Problems out;
  check_length(text, kPortNameLength, out);
  const bool charset = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_alnum(c) || c == '-';
  });
  if (!charset) {
    out.push_back("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (std::none_of(text.begin(), text.end(), is_lower)) {
    out.push_back("must contain at least one letter (a-z)");
  }
  if (text.find("--") != std::string_view::npos) {
    out.push_back("must not contain consecutive hyphens");
  }
  if (!text.empty() && (text.front() == '-' || text.back() == '-')) {
    out.push_back("must not begin or end with a hyphen");
  }
  return out;
}

Problems port_number(std::int64_t port) {
  if (port >= 1 && port <= 65535) return {};
  return {inclusive_range_problem(1, 65535)};
}

}  // namespace limen::object
