// Probes and hooks of containers.
#include <algorithm>

#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

void check_http_get(const Json& http, const FieldPath& path, Causes& causes) {
  check_filled(http, {"path"}, path, causes);
  check_port_or_name(member(http, "port"), path.child("port"), causes);
  check_one_of(text_at(http, "scheme"), {"HTTP", "HTTPS"}, path.child("scheme"), causes);
  for (const Json& header : elements(member(http, "httpHeaders"))) {
    const std::string_view name = text_at(header, "name");
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!plain) {
      causes.invalid(path.child("httpHeaders"), name,
                     "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
                     "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
    }
  }
}

void check_sleep(const Json& sleep, const Json* grace, const FieldPath& path, Causes& causes) {
  if (!grace || grace->is_null()) return;
  const std::int64_t seconds = number_at(sleep, "seconds");
  const std::int64_t longest = object::int_or(grace, 0);
  if (seconds >= 0 && seconds <= longest) return;
  causes.invalid(path, Json(seconds),
                 "must be non-negative and less than terminationGracePeriodSeconds (" +
                     std::to_string(longest) + ")");
}

void check_handler(const Json& handler, bool of_probe, const Json* grace, const FieldPath& path,
                   Causes& causes) {
  bool found = false;
  const auto part = [&](std::string_view key) -> const Json* {
    const Json* value = member(handler, key);
    if (!value || !value->is_object()) return nullptr;
    if (found) {
      causes.forbidden(path.child(key), "may not specify more than 1 handler type");
      return nullptr;
    }
    found = true;
    return value;
  };
  if (const Json* exec = part("exec")) {
    if (elements(member(*exec, "command")).empty()) {
      causes.required(path.child("exec").child("command"));
    }
  }
  if (const Json* http = part("httpGet")) check_http_get(*http, path.child("httpGet"), causes);
  if (const Json* tcp = part("tcpSocket")) {
    check_port_or_name(member(*tcp, "port"), path.child("tcpSocket").child("port"), causes);
  }
  if (of_probe) {
    if (const Json* grpc = part("grpc")) {
      check_port_number(member(*grpc, "port"), path.child("grpc").child("port"), causes);
    }
  } else if (const Json* sleep = part("sleep")) {
    check_sleep(*sleep, grace, path.child("sleep"), causes);
  }
  if (!found) causes.required(path, "must specify a handler type");
}

void check_probe(const Json& container, std::string_view key, const PodContext& pod,
                 const FieldPath& container_path, Causes& causes) {
  const Json* probe = member(container, key);
  if (!probe || !probe->is_object()) return;
  const FieldPath path = container_path.child(key);
  check_handler(*probe, true, pod.grace_period, path, causes);
  check_counts(*probe,
               {"initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
                "failureThreshold"},
               path, causes);
  const Json* grace = member(*probe, "terminationGracePeriodSeconds");
  const FieldPath grace_path = path.child("terminationGracePeriodSeconds");
  if (object::int_or(grace, 1) <= 0) {
    causes.invalid(grace_path, *grace, "must be greater than 0");
  }
  if (key == "readinessProbe") {
    if (grace && !grace->is_null()) {
      causes.invalid(grace_path, *grace, "must not be set for readinessProbes");
    }
  } else if (number_at(*probe, "successThreshold") != 1) {
    causes.invalid(path.child("successThreshold"), Json(number_at(*probe, "successThreshold")),
                   "must be 1");
  }
}

}  // namespace

void check_probes(const Json& container, const PodContext& pod, const FieldPath& path,
                  Causes& causes) {
  for (const std::string_view key : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    check_probe(container, key, pod, path, causes);
  }
}

void check_lifecycle(const Json& container, const PodContext& pod, const FieldPath& path,
                     Causes& causes) {
  const Json& lifecycle = object_at(container, "lifecycle");
  for (const std::string_view key : {"postStart", "preStop"}) {
    const Json* handler = member(lifecycle, key);
    if (!handler || !handler->is_object()) continue;
    check_handler(*handler, false, pod.grace_period, path.child("lifecycle").child(key), causes);
  }
}

}  // namespace limen::validation::kinds
