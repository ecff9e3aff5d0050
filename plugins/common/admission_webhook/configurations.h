// Configurations: the webhooks of all stored configurations of one kind, kept up to date.
//
// Sorted by the name of the configuration, within one in its own order. A list is immutable; a
// change makes another.
#pragma once

#include <limen/cpp/host.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/admission_webhook/webhook.h"

namespace limen::webhooks {

class Configurations {
 public:
  using List = std::vector<std::shared_ptr<const Webhook>>;

  // For a module's constructor. `resource` is mutatingwebhookconfigurations or
  // validatingwebhookconfigurations. A configuration whose webhooks may keep the cluster from
  // recovering (self_lock.h) is told in the log.
  Configurations(Host& host, std::string_view resource);

  // Null until all that existed at the start is read. Any thread.
  std::shared_ptr<const List> get() const;

 private:
  void take(ObjectEvent event, const Node& configuration);
  void publish();

  Host& host_;
  // Of the host's one thread for events.
  std::map<std::string, List> by_name_;
  bool synced_ = false;

  mutable std::mutex mutex_;
  std::shared_ptr<const List> list_;
};

// The webhooks of one configuration object.
Configurations::List read_configuration(const Node& configuration);

}  // namespace limen::webhooks
