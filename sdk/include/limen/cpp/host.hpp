// Host: the server as one plugin sees it.
//
// Services are light views; those the host does not offer do nothing (log, metrics, rights), fall
// back (clock) or return LIMEN_E_UNSUPPORTED. A Host lives as long as its plugin. Any thread.
#pragma once

#include <string_view>

#include "limen/call.h"
#include "limen/config.h"
#include "limen/cpp/access.hpp"
#include "limen/cpp/clock.hpp"
#include "limen/cpp/executor.hpp"
#include "limen/cpp/http.hpp"
#include "limen/cpp/log.hpp"
#include "limen/cpp/metrics.hpp"
#include "limen/cpp/node.hpp"
#include "limen/cpp/objects.hpp"
#include "limen/cpp/rights.hpp"
#include "limen/cpp/versions.hpp"

namespace limen {

class Host {
 public:
  explicit Host(const limen_host* host) : host_(host) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const limen_host* raw() const { return host_; }
  // A table of the host by id, for what has no wrapper here; null when it is not offered.
  template <class Table>
  const Table* extension(const char* id) const {
    return static_cast<const Table*>(host_->get_extension(host_, id));
  }

  // The name the operator gave this instance. Not before start().
  std::string_view instance_name() const {
    return config_ == nullptr ? std::string_view()
                              : std::string_view(config_->instance_name(host_));
  }
  Node config() const { return config_ == nullptr ? Node() : Node(nodes_, config_->root(host_)); }
  Log log() const { return {host_, log_}; }
  Metrics metrics() const { return {host_, metrics_}; }
  Clock clock() const { return {host_, clock_}; }
  Objects objects() { return {host_, objects_, nodes_, log(), &wanted_}; }
  Executor executor() const { return {host_, executor_, log()}; }
  Http http() const { return {host_, http_, log()}; }
  Rights rights() const { return {host_, rights_}; }
  Access access() const { return {host_, access_, log()}; }
  Versions versions() const { return {host_, versions_, nodes_, log()}; }

  const limen_call_api* calls() const { return calls_; }
  const limen_node_api* nodes() const { return nodes_; }

  // Finds the host's tables; for the SDK, at the beginning of start(). False when one is missing
  // without which nothing works.
  bool bind() {
    calls_ = extension<limen_call_api>(LIMEN_CALL);
    nodes_ = extension<limen_node_api>(LIMEN_NODE);
    config_ = extension<limen_config_api>(LIMEN_CONFIG);
    log_ = extension<limen_log_api>(LIMEN_LOG);
    metrics_ = extension<limen_metrics_api>(LIMEN_METRICS);
    clock_ = extension<limen_clock_api>(LIMEN_CLOCK);
    objects_ = extension<limen_objects_api>(LIMEN_OBJECTS);
    executor_ = extension<limen_executor_api>(LIMEN_EXECUTOR);
    http_ = extension<limen_http_api>(LIMEN_HTTP);
    rights_ = extension<limen_rights_api>(LIMEN_RIGHTS);
    access_ = extension<limen_access_api>(LIMEN_ACCESS);
    versions_ = extension<limen_versions_api>(LIMEN_VERSIONS);
    return calls_ != nullptr && nodes_ != nullptr && config_ != nullptr;
  }

  // Hands the subscriptions asked for so far to the host; for the SDK, at the end of start().
  void subscribe_wanted() {
    for (; subscribed_ < wanted_.size(); ++subscribed_) {
      detail::Subscription& one = wanted_[subscribed_];
      const limen_status status =
          objects_->subscribe(host_, to_abi(one.group), to_abi(one.version), to_abi(one.resource),
                              &detail::Subscription::deliver, &one);
      if (status != LIMEN_OK) {
        throw ConfigError("cannot watch " + one.resource + (one.group.empty() ? "" : ".") +
                          one.group + ": the server does not serve it");
      }
    }
  }

 private:
  const limen_host* host_;
  const limen_call_api* calls_ = nullptr;
  const limen_node_api* nodes_ = nullptr;
  const limen_config_api* config_ = nullptr;
  const limen_log_api* log_ = nullptr;
  const limen_metrics_api* metrics_ = nullptr;
  const limen_clock_api* clock_ = nullptr;
  const limen_objects_api* objects_ = nullptr;
  const limen_executor_api* executor_ = nullptr;
  const limen_http_api* http_ = nullptr;
  const limen_rights_api* rights_ = nullptr;
  const limen_access_api* access_ = nullptr;
  const limen_versions_api* versions_ = nullptr;
  detail::Subscriptions wanted_;
  std::size_t subscribed_ = 0;
};

}  // namespace limen
