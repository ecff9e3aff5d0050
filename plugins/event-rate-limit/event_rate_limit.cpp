// event-rate-limit: events come no faster than is bearable (EventRateLimit).
#include <algorithm>
#include <cstddef>
#include <limen/cpp/plugin.hpp>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "buckets.h"
#include "common/digest.h"
#include "limits.h"

namespace {

using limen::plugins::Buckets;
using limen::plugins::Limit;
using limen::plugins::LimitType;

// A key as it is told to clients: what an event says of itself may be of any length.
constexpr std::size_t kMaxShownKey = 1024;

std::string shown(std::string key) {
  if (key.size() <= kMaxShownKey) return key;
  std::size_t end = kMaxShownKey;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;  // inside UTF-8
  key.resize(end);
  return key + "...";
}

// Several texts in one, as kube-apiserver lists errors.
std::string joined(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return texts.front();
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return "[" + out + "]";
}

class EventRateLimit final : public limen::Admission {
 public:
  EventRateLimit(limen::Host& host, limen::Node config)
      : host_(host),
        refused_(host.metrics().family<limen::Counter>(
            "limits_reached_total", "Events that came too fast, by type of limit.", {"type"})) {
    for (const Limit& limit : limen::plugins::read_limits(config)) limits_.emplace_back(limit);
  }
  static void check_config(limen::Node config, limen::Findings& findings) {
    limen::plugins::check_limits(config, findings);
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.is("", "events") && !call.is("events.k8s.io", "events")) return {};
    // Nothing will be stored, so nothing is used up.
    if (call.dry_run()) return {};
    const auto now = host_.clock().monotonic();
    std::vector<std::string> reached;
    // Each limit counts each event, whatever the others say.
    for (Counted& one : limits_) {
      std::string key = limen::plugins::key_of(one.type, call);
      if (one.buckets.take(limen::plugins::sha256({key}), now)) continue;
      const std::string type(limen::plugins::name_of(one.type));
      refused_.with({type}).add();
      std::string text = "limit reached on type " + type + " for key " + shown(std::move(key));
      if (std::find(reached.begin(), reached.end(), text) == reached.end()) {
        reached.push_back(std::move(text));
      }
    }
    if (reached.empty()) return {};
    return call.deny({"Too many requests: " + joined(reached), 429, "TooManyRequests"});
  }

 private:
  struct Counted {
    explicit Counted(const Limit& limit)
        : type(limit.type), buckets(limit.qps, limit.burst, limit.cache_size) {}
    LimitType type;
    Buckets buckets;
  };

  limen::Host& host_;
  limen::Family<limen::Counter> refused_;
  std::list<Counted> limits_;  // their locks do not move
};

constexpr const char* kSchema = R"({
  "type": "object",
  "required": ["limits"],
  "additionalProperties": false,
  "properties": {
    "apiVersion": {"type": "string", "enum": ["eventratelimit.admission.k8s.io/v1alpha1"],
      "description": "May be given, as in kube-apiserver's file."},
    "kind": {"type": "string", "enum": ["Configuration"],
      "description": "May be given, as in kube-apiserver's file."},
    "limits": {"type": "array",
      "description": "An event has to keep to all of them.",
      "items": {"type": "object", "required": ["type", "qps", "burst"], "additionalProperties": false,
        "properties": {
          "type": {"type": "string",
            "description": "What is counted apart: Server (nothing), Namespace, User or SourceAndObject."},
          "qps": {"type": "integer", "maximum": 2147483647, "description": "Events a second."},
          "burst": {"type": "integer", "maximum": 2147483647, "description": "Events at once."},
          "cacheSize": {"type": "integer", "maximum": 2147483647, "default": 0,
            "description": "How many namespaces, users or sources are counted at a time; 0: 4096."}
        }}}
  }
})";

}  // namespace

LIMEN_EXPORT_MODULE(
    limen::admission<EventRateLimit>({.id = "event-rate-limit",
                                      .version = "1.0.0",
                                      .vendor = "Limen",
                                      .summary = "Refuses events that come faster than its limits.",
                                      .config_schema = kSchema,
                                      .operations = limen::kCreate | limen::kUpdate}))
