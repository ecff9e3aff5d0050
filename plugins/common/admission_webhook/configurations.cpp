#include "common/admission_webhook/configurations.h"

#include <utility>

#include "common/admission_webhook/self_lock.h"

namespace limen::webhooks {

Configurations::List read_configuration(const Node& configuration) {
  const std::string name = configuration.at("/metadata/name").string_or("");
  Configurations::List out;
  for (const auto& [key, webhook] : configuration["webhooks"]) {
    out.push_back(std::make_shared<const Webhook>(read_webhook(name, webhook)));
  }
  return out;
}

Configurations::Configurations(Host& host, std::string_view resource) : host_(host) {
  host.objects().subscribe(
      "admissionregistration.k8s.io", "v1", resource,
      [this](ObjectEvent event, Node configuration) { take(event, configuration); });
}

std::shared_ptr<const Configurations::List> Configurations::get() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return list_;
}

void Configurations::take(ObjectEvent event, const Node& configuration) {
  if (event == ObjectEvent::synced) {
    synced_ = true;
    return publish();
  }
  const std::string name = configuration.at("/metadata/name").string_or("");
  if (event == ObjectEvent::deleted) {
    by_name_.erase(name);
  } else {
    List webhooks = read_configuration(configuration);
    for (const auto& webhook : webhooks) {
      for (const std::string& why : lock_outs(host_, *webhook)) {
        host_.log().warn("a webhook may keep the cluster from recovering",
                         {{"configuration", name}, {"why", why}});
      }
    }
    by_name_[name] = std::move(webhooks);
  }
  if (synced_) publish();
}

void Configurations::publish() {
  auto list = std::make_shared<List>();
  for (const auto& [name, webhooks] : by_name_) {
    list->insert(list->end(), webhooks.begin(), webhooks.end());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  list_ = std::move(list);
}

}  // namespace limen::webhooks
