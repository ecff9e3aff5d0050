#include "validation/kinds/parts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "base/strings.h"
#include "object/selector.h"
#include "validation/kinds/resource_names.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kBadPercent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')";

std::optional<std::int64_t> percent_of(const Json& value) {
  std::string_view digits = text(&value);
  if (!digits.ends_with('%')) return std::nullopt;
  digits.remove_suffix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return base::parse_int(digits).value_or(INT64_MAX);
}

}  // namespace

const Json& object_at(const Json& value, std::string_view key) {
  static const Json kNone(boost::json::object_kind);
  const Json* found = member(value, key);
  return found && found->is_object() ? *found : kNone;
}

std::int64_t number_at(const Json& value, std::string_view key, std::int64_t otherwise) {
  return object::int_or(member(value, key), otherwise);
}

const Json& shown_of(const Json* value) {
  static const Json kNull;
  return value ? *value : kNull;
}

void check_text(std::string_view text, NameCheck check, const FieldPath& path, Causes& causes) {
  causes.invalid_each(path, text, check(text));
}

void check_needed_text(std::string_view text, NameCheck check, const FieldPath& path,
                       Causes& causes) {
  if (text.empty()) return causes.required(path);
  check_text(text, check, path, causes);
}

void check_set_text(const Json& value, std::string_view key, NameCheck check, const FieldPath& path,
                    Causes& causes) {
  const std::string_view text = text_at(value, key);
  if (!text.empty()) check_text(text, check, path.child(key), causes);
}

void check_filled(const Json& value, std::initializer_list<std::string_view> keys,
                  const FieldPath& path, Causes& causes) {
  for (const std::string_view key : keys) {
    if (text_at(value, key).empty()) causes.required(path.child(key));
  }
}

void check_counts(const Json& value, std::initializer_list<std::string_view> keys,
                  const FieldPath& path, Causes& causes) {
  for (const std::string_view key : keys) {
    check_not_negative(member(value, key), path.child(key), causes);
  }
}

void check_one_of(std::string_view value, std::initializer_list<std::string_view> allowed,
                  const FieldPath& path, Causes& causes) {
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    causes.not_supported(path, value, allowed);
  }
}

void check_port_number(const Json* port, const FieldPath& path, Causes& causes) {
  const std::int64_t number = object::int_or(port, 0);
  for (const std::string& problem : object::port_number(number)) {
    causes.invalid(path, Json(number), problem);
  }
}

void check_port_or_name(const Json* port, const FieldPath& path, Causes& causes) {
  if (port && port->is_string()) return check_text(text(port), object::port_name, path, causes);
  check_port_number(port, path, causes);
}

void check_protocol(const Json& port, const FieldPath& path, Causes& causes) {
  check_enum(text_at(port, "protocol"), {"SCTP", "TCP", "UDP"}, path.child("protocol"), true,
             causes);
}

void check_int_or_percent(const Json* value, const FieldPath& path, Causes& causes) {
  if (!value || value->is_null()) return;
  if (!value->is_string()) return check_not_negative(value, path, causes);
  if (!percent_of(*value)) causes.invalid(path, *value, kBadPercent);
}

void check_at_most_all(const Json* value, const FieldPath& path, Causes& causes) {
  if (value && value->is_string() && percent_of(*value).value_or(0) > 100) {
    causes.invalid(path, *value, "must not be greater than 100%");
  }
}

std::int64_t int_or_percent(const Json* value) {
  if (!value) return 0;
  if (!value->is_string()) return object::int_or(value, 0);
  if (const auto percent = percent_of(*value)) return *percent;
  return base::parse_int(text(value)).value_or(0);
}

bool has_backsteps(std::string_view file) {
  for (const std::string_view part : base::split(file, '/')) {
    if (part == "..") return true;
  }
  return false;
}

void check_no_backsteps(std::string_view file, const FieldPath& path, Causes& causes) {
  if (has_backsteps(file)) causes.invalid(path, file, "must not contain '..'");
}

void check_relative(std::string_view file, const FieldPath& path, Causes& causes) {
  if (file.starts_with('/')) causes.invalid(path, file, "must be a relative path");
  check_no_backsteps(file, path, causes);
}

void check_local_file(std::string_view file, const FieldPath& path, Causes& causes) {
  check_relative(file, path, causes);
  if (file.starts_with("..") && !file.starts_with("../")) {
    causes.invalid(path, file, "must not start with '..'");
  }
}

void check_id(const Json* id, const FieldPath& path, Causes& causes) {
  check_range(id, 0, INT32_MAX, path, causes);
}

std::optional<object::Quantity> amount_of(const Json* value) {
  return object::Quantity::parse(text(value));
}

void check_amount_not_negative(const Json& amount, const FieldPath& path, Causes& causes) {
  const auto value = amount_of(&amount);
  if (value && value->sign() < 0) causes.invalid(path, amount, kNotNegative);
}

void check_amount_positive(const Json& amount, const FieldPath& path, Causes& causes) {
  const auto value = amount_of(&amount);
  if (value && value->sign() <= 0) causes.invalid(path, amount, kGreaterThanZero);
}

void check_amount_of(std::string_view resource, const Json& amount, const FieldPath& path,
                     Causes& causes) {
  check_amount_not_negative(amount, path, causes);
  const auto value = amount_of(&amount);
  if (value && is_counted_resource(resource) && !value->is_integer()) {
    causes.invalid(path, amount, "must be an integer");
  }
}

void check_domain_prefixed_path(std::string_view text, const FieldPath& path, Causes& causes) {
  if (text.empty()) return causes.required(path);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    return causes.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
  }
  const std::string_view host = text.substr(0, slash);
  for (const std::string& problem : object::dns1123_subdomain(host)) {
    causes.invalid(path, host, problem);
  }
  const std::string_view rest = text.substr(slash + 1);
  constexpr std::string_view kOthers = "/-._~%!$&'()*+,;=:";
  const bool plain = std::all_of(rest.begin(), rest.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
  if (!plain) {
    causes.invalid(path, rest,
                   "Invalid path (regex used for validation is "
                   "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
  }
}

void check_qualified_domain(std::string_view text, const FieldPath& path, Causes& causes) {
  if (text.empty()) return causes.required(path);
  const object::Problems problems = object::dns1123_subdomain(text);
  if (!problems.empty()) return causes.invalid(path, text, base::join(problems, ","));
  if (base::split(text, '.').size() < 3) {
    causes.invalid(path, text, "should be a domain with at least three segments separated by dots");
  }
}

namespace {

void check_signer_labels(std::string_view part, NameCheck check, const FieldPath& path,
                         Causes& causes) {
  for (const std::string_view label : base::split(part, '.')) {
    const object::Problems problems = check(label);
    for (const std::string& problem : problems) {
      causes.invalid(path, part, "validating label " + base::go_quote(label) + ": " + problem);
    }
    if (!problems.empty()) return;
  }
}

}  // namespace

void check_signer_name(std::string_view text, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kDomain = 253;
  constexpr std::size_t kWhole = 571;  // a domain, a slash, a label, a dot and a subdomain
  if (text.empty()) return causes.required(path);
  const std::vector<std::string_view> parts = base::split(text, '/');
  if (parts.size() != 2) {
    return causes.invalid(
        path, text,
        "must be a fully qualified domain and path of the form 'example.com/signer-name'");
  }
  if (parts[0].size() > kDomain) causes.too_long(path, kDomain);
  check_signer_labels(parts[0], object::dns1123_label, path, causes);
  if (base::split(parts[0], '.').size() < 2) {
    causes.invalid(path, parts[0],
                   "should be a domain with at least two segments separated by dots");
  }
  check_signer_labels(parts[1], object::dns1123_subdomain, path, causes);
  if (text.size() > kWhole) causes.too_long(path, kWhole);
}

void check_not_special_ip(std::string_view ip, const FieldPath& path, Causes& causes) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(ip);
  if (inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1) {
    bytes[10] = bytes[11] = 0xFF;
  } else if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return causes.invalid(path, ip, "must be a valid IP address");
  }
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const bool v4 = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  const auto zero = [&](std::size_t from, std::size_t to) {
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                       bytes.begin() + static_cast<std::ptrdiff_t>(to),
                       [](unsigned char b) { return b == 0; });
  };
  if (v4 ? zero(12, 16) : zero(0, 16)) {
    causes.invalid(path, ip, "may not be unspecified (" + text + ")");
  }
  if (v4 ? bytes[12] == 127 : zero(0, 15) && bytes[15] == 1) {
    causes.invalid(path, ip, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (v4 ? bytes[12] == 169 && bytes[13] == 254 : bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80) {
    causes.invalid(path, ip, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (v4 ? bytes[12] == 224 && bytes[13] == 0 && bytes[14] == 0
         : bytes[0] == 0xFF && (bytes[1] & 0x0F) == 2) {
    causes.invalid(path, ip,
                   "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

namespace {

bool is_condition_reason(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto word = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && letter(text.front()) && word(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return word(c) || c == ',' || c == ':'; });
}

void check_condition(const Json& condition, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMaxReason = 1024;
  constexpr std::size_t kMaxMessage = 32 * 1024;
  check_text(text_at(condition, "type"), object::qualified_name, path.child("type"), causes);
  check_one_of(text_at(condition, "status"), {"False", "True", "Unknown"}, path.child("status"),
               causes);
  const Json* generation = member(condition, "observedGeneration");
  if (object::int_or(generation, 0) < 0) {
    causes.invalid(path.child("observedGeneration"), *generation,
                   "must be greater than or equal to zero");
  }
  if (!has(condition, "lastTransitionTime")) {
    causes.required(path.child("lastTransitionTime"), "must be set");
  }
  const std::string_view reason = text_at(condition, "reason");
  if (reason.empty()) {
    causes.required(path.child("reason"), "must be set");
  } else {
    if (!is_condition_reason(reason)) {
      causes.invalid(
          path.child("reason"), reason,
          "a condition reason must start with alphabetic character, optionally followed by a "
          "string of alphanumeric characters or '_,:', and must end with an alphanumeric character "
          "or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or "
          "'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
          "')");
    }
    if (reason.size() > kMaxReason) causes.too_long(path.child("reason"), kMaxReason);
  }
  if (text_at(condition, "message").size() > kMaxMessage) {
    causes.too_long(path.child("message"), kMaxMessage);
  }
}

}  // namespace

void check_conditions(const Json* conditions, const FieldPath& path, Causes& causes) {
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& condition : elements(conditions)) {
    const FieldPath at = path.index(index++);
    const std::string_view type = text_at(condition, "type");
    if (!seen.insert(type).second) causes.duplicate(at.child("type"), type);
    check_condition(condition, at, causes);
  }
}

namespace {

bool selects_template(const Json& spec) {
  const Json* selector = member(spec, "selector");
  if (!selector || !selector->is_object()) return false;
  try {
    const Json* labels = find(spec, {"template", "metadata", "labels"});
    return object::LabelSelector::from_object(*selector).matches(object::to_labels(labels));
  } catch (const object::SelectorError&) {
    return true;
  }
}

}  // namespace

void check_template_labels(const Json& spec, Causes& causes) {
  if (selects_template(spec)) return;
  const Json* labels = find(spec, {"template", "metadata", "labels"});
  const FieldPath path = FieldPath("spec").child("template").child("metadata").child("labels");
  constexpr std::string_view kNot = "`selector` does not match template `labels`";
  // Go shows a map that is not there without quotes.
  if (labels && labels->is_object()) {
    causes.invalid(path, *labels, kNot);
  } else {
    causes.invalid_shown(path, "null", kNot);
  }
}

void check_pod_selector(const Json& spec, std::string_view kind, bool needed, const FieldPath& path,
                        Causes& causes) {
  const Json* selector = member(spec, "selector");
  const FieldPath at = path.child("selector");
  const bool there = selector && selector->is_object();
  if (there) {
    check_label_selector(selector, at, causes);
    if (members(member(*selector, "matchLabels")).empty() &&
        elements(member(*selector, "matchExpressions")).empty()) {
      causes.invalid(at, *selector, "empty selector is invalid for " + std::string(kind));
    }
  } else if (needed) {
    causes.required(at);
  }
}

}  // namespace limen::validation::kinds
