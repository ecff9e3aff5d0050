// pods/log: what a container has written, from the pod's kubelet, as it comes.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/subresources/connect.h"
#include "api/subresources/subresources.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "base/time.h"
#include "object/metadata.h"
#include "validation/causes.h"

namespace limen::api {

namespace {

using base::ApiError;
using validation::FieldPath;

// PodLogOptions as they stand in a query.
struct LogOptions {
  std::string container;
  bool follow = false, previous = false, timestamps = false, skip_verify = false;
  std::optional<std::int64_t> since_seconds, tail_lines, limit_bytes;
  std::optional<std::string> since_time;  // RFC 3339
  std::optional<std::string> stream;
};

bool flag(const request::Query& query, std::string_view name) {
  if (!query.has(name)) return false;
  const std::string_view value = query.get(name);
  return !base::iequals(value, "false") && value != "0";
}

std::optional<std::int64_t> number(const request::Query& query, std::string_view name) {
  if (!query.has(name)) return std::nullopt;
  const std::string_view text = query.get(name);
  if (const auto value = base::parse_int(text)) return value;
  const bool digits =
      !text.empty() &&
      text.find_first_not_of("0123456789", text[0] == '-' || text[0] == '+' ? 1 : 0) ==
          std::string_view::npos &&
      text != "-" && text != "+";
  throw ApiError::bad_request("strconv.ParseInt: parsing " + base::go_quote(text) + ": " +
                              (digits ? "value out of range" : "invalid syntax"));
}

LogOptions read_options(const request::Query& query) {
  LogOptions options;
  options.container = query.get("container");
  options.follow = flag(query, "follow");
  options.previous = flag(query, "previous");
  options.timestamps = flag(query, "timestamps");
  options.skip_verify = flag(query, "insecureSkipTLSVerifyBackend");
  options.since_seconds = number(query, "sinceSeconds");
  options.tail_lines = number(query, "tailLines");
  options.limit_bytes = number(query, "limitBytes");
  if (query.has("sinceTime") && !query.get("sinceTime").empty()) {
    const std::string_view text = query.get("sinceTime");
    const auto time = base::parse_time(text);
    if (!time) {
      throw ApiError::bad_request("parsing time " + base::go_quote(text) +
                                  R"( as "2006-01-02T15:04:05Z07:00": cannot parse )" +
                                  base::go_quote(text) + R"( as "2006")");
    }
    options.since_time = base::format_time(*time);
  }
  if (query.has("stream")) options.stream = query.get("stream");
  return options;
}

void validate(const LogOptions& options, const std::string& pod) {
  constexpr std::string_view kPositive = "must be greater than 0";
  validation::Causes causes;
  const FieldPath root;
  if (options.tail_lines && *options.tail_lines < 0) {
    causes.invalid(root.child("tailLines"), object::Json(*options.tail_lines),
                   "must be greater than or equal to 0");
  }
  if (options.limit_bytes && *options.limit_bytes < 1) {
    causes.invalid(root.child("limitBytes"), object::Json(*options.limit_bytes), kPositive);
  }
  if (options.since_seconds && options.since_time) {
    causes.forbidden(root, "at most one of `sinceTime` or `sinceSeconds` may be specified");
  } else if (options.since_seconds && *options.since_seconds < 1) {
    causes.invalid(root.child("sinceSeconds"), object::Json(*options.since_seconds), kPositive);
  }
  const std::string stream = options.stream.value_or("All");
  if (stream != "All" && stream != "Stdout" && stream != "Stderr") {
    causes.not_supported(root.child("stream"), stream, {"All", "Stderr", "Stdout"});
  }
  if (stream != "All" && options.tail_lines) {
    causes.forbidden(root, "`tailLines` and specific `stream` are mutually exclusive for now");
  }
  if (!causes.empty()) throw ApiError::invalid("", "PodLogOptions", pod, causes.take());
}

std::string kubelet_query(const LogOptions& options) {
  std::vector<std::pair<std::string, std::string>> items;
  const auto add = [&](const char* name, const std::optional<std::int64_t>& value) {
    if (value) items.emplace_back(name, std::to_string(*value));
  };
  if (options.follow) items.emplace_back("follow", "true");
  add("limitBytes", options.limit_bytes);
  if (options.previous) items.emplace_back("previous", "true");
  add("sinceSeconds", options.since_seconds);
  if (options.since_time) items.emplace_back("sinceTime", *options.since_time);
  if (options.stream) items.emplace_back("stream", *options.stream);
  add("tailLines", options.tail_lines);
  if (options.timestamps) items.emplace_back("timestamps", "true");
  std::string query;
  for (const auto& [name, value] : items) {
    query += (query.empty() ? "?" : "&") + name + "=" + query_escape(value);
  }
  return query;
}

// What a kubelet's refusal is to the client.
ApiError refusal(int status, const std::string& text, const std::string& pod) {
  if (status == 500) return ApiError::internal(text);
  if (status == 400) return ApiError::bad_request(text);
  base::StatusDetails details;
  details.name = pod;
  details.kind = "pods/log";
  const std::string about = " ( pods/log " + pod + ")";
  const auto say = [&](std::string reason, const std::string& message) {
    return ApiError(status, std::move(reason), message + about, details);
  };
  switch (status) {
    case 401:
      return say("Unauthorized", "the server has asked for the client to provide credentials");
    case 403:
      return say("Forbidden", text);
    case 404:
      return say("NotFound", "the server could not find the requested resource");
    case 405:
      return say("MethodNotAllowed",
                 "the server does not allow this method on the requested resource");
    case 503:
      return say("ServiceUnavailable", "the server is currently unable to handle the request");
    default:
      break;
  }
  if (status > 500) {
    return say("InternalError", "an error on the server (" + base::go_quote(text) +
                                    ") has prevented the request from succeeding");
  }
  return say("", "the server responded with the status code " + std::to_string(status) +
                     " but did not return more information");
}

}  // namespace

base::Task<void> read_log(Call& call) {
  const std::string& name = call.info().name;
  const LogOptions options = read_options(call.info().query);
  validate(options, name);
  const object::Document pod = require_object(call, name);
  const std::string container = choose_container(pod.root(), name, options.container);
  const std::string node = node_of(pod.root());
  if (node.empty()) {  // nothing has run yet
    call.context.respond(204, "", "");
    co_return;
  }
  const std::string path =
      "/containerLogs/" + call.info().ns + "/" + name + "/" + container + kubelet_query(options);
  proxy::Target target = kubelet_target(call, find_kubelet(call, node), path, options.skip_verify);
  const std::string url = "https://" + target.host_header + target.path;
  proxy::ForwardRules rules;
  rules.method = "GET";
  rules.allow_upgrade = false;
  rules.dropped = {"*"};  // the kubelet is asked by this server, not by its client
  rules.unreachable = [url](const std::string& why) {
    return why == "address not allowed"
               ? ApiError::bad_request(why)
               : ApiError(500, "", "Get " + base::go_quote(url) + ": " + why);
  };
  rules.refused = [name](int status, const std::string& text) {
    return refusal(status, text, name);
  };
  rules.answer_field = [](const std::string& field, std::string& value) {
    if (base::iequals(field, "Content-Type")) value = "text/plain";
    return base::iequals(field, "Content-Type");
  };
  co_await proxy::forward(call.context, std::move(target), std::move(rules));
}

}  // namespace limen::api
