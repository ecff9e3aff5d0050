// pod-node-selector: a namespace says on which nodes its pods run (PodNodeSelector).
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr const char* kAnnotation = "scheduler.alpha.kubernetes.io/node-selector";

using Labels = std::map<std::string, std::string>;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The name in a label's key, and its value when there is one.
bool is_label_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

// A DNS label (RFC 1123): the name of a namespace, and a part of a label's prefix.
bool is_dns_label(std::string_view text) {
  return is_label_name(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
         });
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_label_name(key);
  std::string_view prefix = key.substr(0, slash);
  if (prefix.size() > 253) return false;
  for (std::size_t dot = 0; (dot = prefix.find('.')) != std::string_view::npos;) {
    if (!is_dns_label(prefix.substr(0, dot))) return false;
    prefix.remove_prefix(dot + 1);
  }
  return is_dns_label(prefix) && is_label_name(key.substr(slash + 1));
}

// "a=b,c=d"; nothing for what is no such list.
std::optional<Labels> read_labels(std::string_view text) {
  Labels out;
  while (!trimmed(text).empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view pair = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view value = pair.substr(equals + 1);
    if (value.starts_with('=')) value.remove_prefix(1);
    const std::string_view key = trimmed(pair.substr(0, equals));
    value = trimmed(value);
    if (!is_label_key(key) || (!value.empty() && !is_label_name(value))) return std::nullopt;
    out[std::string(key)] = value;
  }
  return out;
}

Labels labels_of(const limen::Node& node) {
  Labels out;
  for (const auto& [key, value] : node) out.emplace(key, value.string_or(""));
  return out;
}

class PodNodeSelector final : public limen::Admission {
 public:
  PodNodeSelector(limen::Host& host, limen::Node config) : host_(host) {
    default_ = read_labels(config["clusterDefaultNodeSelector"].view_or("")).value_or(Labels());
    for (const auto& [ns, list] : config["namespaces"])
      allowed_[std::string(ns)] = read_labels(list.view_or("")).value_or(Labels());
  }
  static void check_config(limen::Node config, limen::Findings& findings) {
    const auto check = [&](const std::string& pointer, std::string_view list) {
      if (!read_labels(list))
        findings.error(pointer, "must be a list of labels such as env=prod,disk=ssd");
    };
    check("/clusterDefaultNodeSelector", config["clusterDefaultNodeSelector"].view_or(""));
    for (const auto& [ns, list] : config["namespaces"]) {
      const std::string pointer = "/namespaces/" + limen::pointer_part(ns);
      if (!is_dns_label(ns)) findings.error(pointer, "must be the name of a namespace");
      check(pointer, list.view_or(""));
    }
  }

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const auto wanted = selector_of(call);
    if (!wanted.ok()) return wanted.error();
    if (!*wanted) return {};
    const Labels own = labels_of(call.object().at("/spec/nodeSelector"));
    if (conflicts(own, **wanted)) return deny_conflict(call);
    limen::Result<void> result;
    for (const auto& [key, value] : **wanted) {
      if (result.ok() && own.count(key) == 0)
        result = call.patch().set("/spec/nodeSelector/" + limen::pointer_part(key), value);
    }
    return result;
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const auto wanted = selector_of(call);
    if (!wanted.ok()) return wanted.error();
    if (!*wanted) return {};
    const Labels own = labels_of(call.object().at("/spec/nodeSelector"));
    if (conflicts(own, **wanted)) return deny_conflict(call);
    const auto allowed = allowed_.find(std::string(call.attributes().ns()));
    if (allowed == allowed_.end() || allowed->second.empty()) return {};
    for (const auto& [key, value] : own) {
      const auto found = allowed->second.find(key);
      if (found == allowed->second.end() || found->second != value) {
        return call.deny("pod node label selector labels conflict with its namespace whitelist");
      }
    }
    return {};
  }

 private:
  static bool conflicts(const Labels& own, const Labels& wanted) {
    for (const auto& [key, value] : wanted) {
      const auto found = own.find(key);
      if (found != own.end() && found->second != value) return true;
    }
    return false;
  }
  static limen::Result<void> deny_conflict(limen::AdmissionCall& call) {
    return call.deny("pod node label selector conflicts with its namespace node label selector");
  }

  // What the pod's namespace says, or the cluster for it. Nothing when the call was refused.
  limen::Result<std::optional<Labels>> selector_of(limen::AdmissionCall& call) const {
    const std::string ns(call.attributes().ns());
    const auto found = host_.objects().get("", "namespaces", "", ns);
    if (!found.ok()) return found.error();
    if (!*found) {
      const std::string message = "namespaces \"" + ns + "\" not found";
      (void)call.deny({message, 404, "NotFound"});
      return std::optional<Labels>();
    }
    const auto annotated = (*found)->at("/metadata/annotations")[kAnnotation].as_string();
    if (!annotated) return std::optional<Labels>(default_);
    const auto labels = read_labels(*annotated);
    if (!labels) {
      return limen::Error{"the annotation " + std::string(kAnnotation) + " of the namespace " + ns +
                              " is no list of labels",
                          LIMEN_E_INVALID};
    }
    return labels;
  }

  limen::Host& host_;
  Labels default_;
  std::map<std::string, Labels> allowed_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "clusterDefaultNodeSelector": {"type": "string", "default": "",
      "description": "Labels of the nodes for pods of namespaces that say nothing, such as env=prod,disk=ssd."},
    "namespaces": {"type": "object", "additionalProperties": {"type": "string"},
      "description": "For each namespace named here, the only labels its pods may select nodes by."}
  }
})";

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<PodNodeSelector>(
    {.id = "pod-node-selector",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets a namespace say on which nodes its pods run.",
     .config_schema = kSchema,
     .required = {LIMEN_OBJECTS},
     .operations = limen::kCreate}))
