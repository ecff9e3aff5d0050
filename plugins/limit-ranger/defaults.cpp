#include "defaults.h"

#include <algorithm>
#include <utility>

#include "limen/cpp/pods.hpp"

namespace limen::limit_ranger {

namespace {

constexpr std::string_view kAnnotation = "kubernetes.io/limit-ranger";

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

}  // namespace

Filling::Filling(AdmissionCall& call) : call_(call) {
  const auto pod = pod_of(call);
  if (!pod) return;
  // kube-apiserver tells of the regular containers first.
  std::vector<Container> init;
  each_container(*pod, [&](const ContainerPlace& at) {
    if (at.list == ContainerList::ephemeral) return;  // these have no resources
    const bool regular = at.list == ContainerList::regular;
    Container one{at.container["name"].string_or(""), at.pointer,
                  regular ? "container" : "init container",
                  plugins::read_amounts(at.container.at("/resources/requests")),
                  plugins::read_amounts(at.container.at("/resources/limits"))};
    (regular ? containers_ : init).push_back(std::move(one));
  });
  containers_.insert(containers_.end(), std::make_move_iterator(init.begin()),
                     std::make_move_iterator(init.end()));
}

void Filling::fill_list(plugins::Amounts& there, const plugins::Amounts& defaults,
                        std::vector<std::string>& filled) {
  for (const auto& [name, amount] : defaults) {
    if (there.emplace(name, amount).second) filled.push_back(name);
  }
}

void Filling::fill(const Node& range) {
  for (const auto& [key, limit] : range.at("/spec/limits")) {
    if (limit["type"].view_or("") != "Container") continue;
    const plugins::Amounts requests = plugins::read_amounts(limit["defaultRequest"]);
    const plugins::Amounts limits = plugins::read_amounts(limit["default"]);
    for (Container& container : containers_) {
      std::vector<std::string> new_limits, new_requests;
      fill_list(container.limits, limits, new_limits);
      fill_list(container.requests, requests, new_requests);
      const std::string to = " for " + container.word + " " + container.name;
      if (!new_requests.empty()) told_.push_back(joined(new_requests, ", ") + " request" + to);
      if (!new_limits.empty()) told_.push_back(joined(new_limits, ", ") + " limit" + to);
      const auto keep = [](std::vector<std::string>& all, const std::vector<std::string>& more) {
        all.insert(all.end(), more.begin(), more.end());
      };
      keep(container.new_requests, new_requests);
      keep(container.new_limits, new_limits);
    }
  }
}

Result<void> Filling::set(const Container& container, const char* list,
                          const plugins::Amounts& amounts, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const auto set =
        call_.patch().set(container.pointer + "/resources/" + list + "/" + pointer_part(name),
                          amounts.at(name).to_string());
    if (!set.ok()) return set;
  }
  return {};
}

Result<void> Filling::finish() {
  if (told_.empty()) return {};
  for (const Container& container : containers_) {
    auto done = set(container, "requests", container.requests, container.new_requests);
    if (done.ok()) done = set(container, "limits", container.limits, container.new_limits);
    if (!done.ok()) return done;
  }
  return call_.patch().set("/metadata/annotations/" + pointer_part(kAnnotation),
                           "LimitRanger plugin set: " + joined(told_, "; "));
}

}  // namespace limen::limit_ranger
