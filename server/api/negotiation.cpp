#include "api/negotiation.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/api_error.h"
#include "base/strings.h"

namespace limen::api {

namespace {

constexpr std::string_view kProtobuf = "application/vnd.kubernetes.protobuf";

// One comma-separated part of an Accept header.
struct Clause {
  std::string_view type, subtype;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  double q = 1.0;
  std::string_view parameter(std::string_view key) const {
    for (const auto& [name, value] : parameters)
      if (name == key) return value;
    return {};
  }
};

std::optional<Clause> parse_clause(std::string_view text) {
  Clause clause;
  bool first = true;
  for (const std::string_view raw : base::split(text, ';')) {
    const std::string_view part = base::trim(raw);
    if (first) {
      first = false;
      const std::size_t slash = part.find('/');
      clause.type = base::trim(part.substr(0, slash));
      if (slash == std::string_view::npos) {
        // As Go's autoneg: a lone "*" means anything, another lone word nothing.
        if (clause.type != "*") return std::nullopt;
        clause.subtype = "*";
      } else {
        clause.subtype = base::trim(part.substr(slash + 1));
      }
      continue;
    }
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = base::trim(part.substr(0, equals));
    const std::string_view value = base::trim(part.substr(equals + 1));
    if (key == "q") {
      clause.q = std::strtod(std::string(value).c_str(), nullptr);
    } else {
      clause.parameters.emplace_back(key, value);
    }
  }
  return clause;
}

std::vector<Clause> parse_accept(std::string_view header) {
  std::vector<Clause> clauses;
  for (const std::string_view part : base::split(header, ',')) {
    if (base::trim(part).empty()) continue;
    if (auto clause = parse_clause(part)) clauses.push_back(std::move(*clause));
  }
  std::stable_sort(clauses.begin(), clauses.end(), [](const Clause& a, const Clause& b) {
    if (a.q != b.q) return a.q > b.q;
    if ((a.type != "*") != (b.type != "*")) return a.type != "*";
    return a.subtype != "*" && b.subtype == "*";
  });
  return clauses;
}

// Applies the parameters of a clause; false when they ask for something that is not served.
bool apply_parameters(const Clause& clause, Answer answer, Output& output) {
  const std::string_view stream = clause.parameter("stream");
  if (!stream.empty() && stream != "watch") return false;
  output.pretty = clause.parameter("pretty") == "1";
  const std::string_view as = clause.parameter("as");
  const std::string_view group = clause.parameter("g");
  const std::string_view version = clause.parameter("v");
  if (as.empty() && group.empty() && version.empty()) return true;
  if (group != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) return false;
  output.meta_version = version == "v1" ? "v1" : "v1beta1";
  if (as == "Table") {
    output.view = View::table;
  } else if (as == "PartialObjectMetadata") {
    output.view = View::partial;
  } else if (as == "PartialObjectMetadataList") {
    output.view = answer == Answer::watch ? View::partial : View::partial_list;
  } else {
    return false;
  }
  return true;
}

std::optional<Output> try_clause(const Clause& clause, Answer answer, bool protobuf) {
  if (clause.q <= 0) return std::nullopt;
  static constexpr struct {
    std::string_view subtype;
    Encoding encoding;
  } kServed[] = {{"json", Encoding::json},
                 {"yaml", Encoding::yaml},
                 {"vnd.kubernetes.protobuf", Encoding::protobuf}};
  for (const auto& served : kServed) {
    const bool matches = (clause.type == "application" &&
                          (clause.subtype == served.subtype || clause.subtype == "*")) ||
                         (clause.type == "*" && clause.subtype == "*");
    // YAML has no framing for the events of a watch.
    if (!matches || (answer == Answer::watch && served.encoding == Encoding::yaml)) continue;
    if (served.encoding == Encoding::protobuf && !protobuf) continue;
    Output output;
    output.encoding = served.encoding;
    if (!apply_parameters(clause, answer, output)) continue;
    // Tables have no protobuf form.
    if (output.encoding == Encoding::protobuf && output.view == View::table) continue;
    return output;
  }
  return std::nullopt;
}

// A single object cannot be shown as a list nor a list as one object.
void check_view(const Output& output, Answer answer) {
  if (output.view == View::partial && answer == Answer::list) {
    throw base::ApiError(406, "NotAcceptable",
                         "you requested PartialObjectMetadata, but the requested object is a list");
  }
  if (output.view == View::partial_list && answer == Answer::object) {
    throw base::ApiError(
        406, "NotAcceptable",
        "you requested PartialObjectMetadataList, but the requested object is not a list");
  }
}

}  // namespace

std::string served_types(bool protobuf, Answer answer) {
  if (answer == Answer::watch) {
    std::string types = "application/json;stream=watch";
    if (protobuf) types += ", " + std::string(kProtobuf) + ";stream=watch";
    return types;
  }
  std::string types = "application/json, application/yaml";
  if (protobuf) types += ", " + std::string(kProtobuf);
  return types;
}

Output negotiate_output(std::string_view accept, Answer answer, bool protobuf) {
  if (accept.empty()) return {};
  // What nearly every client sends, without taking it apart.
  if (accept == "application/json" || accept == "application/json, */*" || accept == "*/*") {
    return {};
  }
  for (const Clause& clause : parse_accept(accept)) {
    if (auto output = try_clause(clause, answer, protobuf)) {
      check_view(*output, answer);
      return *output;
    }
  }
  throw base::ApiError::not_acceptable(served_types(protobuf, answer));
}

Output negotiate_output(const request::RequestContext& context, Answer answer, bool protobuf) {
  Output output = negotiate_output(context.head().header("Accept"), answer, protobuf);
  output.pretty = answer != Answer::watch && (output.pretty || context.wants_pretty());
  return output;
}

std::string_view media_type(std::string_view text) {
  return base::trim(text.substr(0, text.find(';')));
}

BodyFormat body_format(std::string_view content_type) {
  const std::string_view type = media_type(content_type);
  if (content_type.empty() || base::iequals(type, "application/json")) return BodyFormat::json;
  if (base::iequals(type, "application/yaml")) return BodyFormat::yaml;
  if (base::iequals(type, kProtobuf)) return BodyFormat::protobuf;
  throw base::ApiError::unsupported_media_type(
      "the body of the request was in an unknown format - accepted media types include: " +
      served_types(true, Answer::object));
}

bool accepts_gzip(std::string_view accept_encoding) {
  for (const std::string_view part : base::split(accept_encoding, ',')) {
    if (!base::iequals(media_type(part), "gzip")) continue;
    const std::size_t q = part.find("q=");
    return q == std::string_view::npos ||
           std::strtod(std::string(part.substr(q + 2)).c_str(), nullptr) > 0;
  }
  return false;
}

}  // namespace limen::api
