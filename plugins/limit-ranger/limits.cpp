#include "limits.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "common/pod_resources.h"

namespace limen::limit_ranger {

namespace {

using plugins::Amounts;

std::optional<Quantity> find(const Amounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  if (found == amounts.end()) return std::nullopt;
  return found->second;
}

// One item of a LimitRange held against one container, pod or claim.
class Measure {
 public:
  Measure(const Node& limit, Amounts requests, Amounts limits, std::vector<std::string>& complaints)
      : limit_(limit),
        type_(limit["type"].string_or("")),
        requests_(std::move(requests)),
        limits_(std::move(limits)),
        complaints_(complaints) {}

  void min() const {
    for (const auto& [name, least] : plugins::read_amounts(limit_["min"])) {
      const auto request = find(requests_, name), limit = find(limits_, name);
      const std::string rule =
          "minimum " + name + " usage per " + type_ + " is " + least.to_string();
      if (!request) {
        complain(rule + ".  No request is specified");
      } else if (*request < least) {
        complain(rule + ", but request is " + request->to_string());
      } else if (limit && *limit < least) {
        complain(rule + ", but limit is " + limit->to_string());
      }
    }
  }

  void max() const {
    for (const auto& [name, most] : plugins::read_amounts(limit_["max"])) {
      const auto request = find(requests_, name), limit = find(limits_, name);
      const std::string rule = maximum(name, most);
      if (!limit) {
        complain(rule + ".  No limit is specified");
      } else if (*limit > most) {
        complain(rule + ", but limit is " + limit->to_string());
      } else if (request && *request > most) {
        complain(rule + ", but request is " + request->to_string());
      }
    }
  }

  // Of what has no limits, such as a claim.
  void max_request() const {
    for (const auto& [name, most] : plugins::read_amounts(limit_["max"])) {
      const auto request = find(requests_, name);
      if (!request) {
        complain(maximum(name, most) + ".  No request is specified");
      } else if (*request > most) {
        complain(maximum(name, most) + ", but request is " + request->to_string());
      }
    }
  }

  void ratio() const {
    for (const auto& [name, most] : plugins::read_amounts(limit_["maxLimitRequestRatio"])) {
      const auto request = find(requests_, name), limit = find(limits_, name);
      const std::string rule =
          name + " max limit to request ratio per " + type_ + " is " + most.to_string();
      if (!request || request->sign() == 0) {
        complain(rule + ", but no request is specified or request is 0");
      } else if (!limit || limit->sign() == 0) {
        complain(rule + ", but no limit is specified or limit is 0");
      } else {
        const double given =
            static_cast<double>(limit->milli_value()) / static_cast<double>(request->milli_value());
        if (given * 1000 <= static_cast<double>(most.milli_value())) continue;
        char text[64];
        std::snprintf(text, sizeof(text), "%f", given);
        complain(rule + ", but provided ratio is " + text);
      }
    }
  }

 private:
  std::string maximum(const std::string& name, const Quantity& most) const {
    return "maximum " + name + " usage per " + type_ + " is " + most.to_string();
  }
  void complain(std::string text) const { complaints_.push_back(std::move(text)); }

  const Node& limit_;
  const std::string type_;
  const Amounts requests_, limits_;
  std::vector<std::string>& complaints_;
};

void measure(const Node& limit, Amounts requests, Amounts limits,
             std::vector<std::string>& complaints) {
  const Measure one(limit, std::move(requests), std::move(limits), complaints);
  one.min();
  one.max();
  one.ratio();
}

}  // namespace

std::vector<std::string> pod_complaints(const Node& range, const Node& pod) {
  std::vector<std::string> out;
  const Node spec = pod["spec"];
  for (const auto& [key, limit] : range.at("/spec/limits")) {
    const std::string_view type = limit["type"].view_or("");
    if (type == "Container") {
      for (const char* list : {"containers", "initContainers"}) {
        for (const auto& [index, container] : spec[list]) {
          measure(limit, plugins::read_amounts(container.at("/resources/requests")),
                  plugins::read_amounts(container.at("/resources/limits")), out);
        }
      }
    } else if (type == "Pod") {
      measure(limit, plugins::pod_total(spec, "requests"), plugins::pod_total(spec, "limits"), out);
    }
  }
  return out;
}

std::vector<std::string> claim_complaints(const Node& range, const Node& claim) {
  std::vector<std::string> out;
  for (const auto& [key, limit] : range.at("/spec/limits")) {
    if (limit["type"].view_or("") != "PersistentVolumeClaim") continue;
    const Measure one(limit, plugins::read_amounts(claim.at("/spec/resources/requests")), {}, out);
    one.min();
    one.max_request();
  }
  return out;
}

}  // namespace limen::limit_ranger
