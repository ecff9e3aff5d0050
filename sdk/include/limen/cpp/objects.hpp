// Objects: what is stored on the server, read only and kept up to date.
//
// subscribe() tells a plugin of everything there is of a resource and of every change; get() and
// list() look things up and need no subscription. Any thread, except subscribe().
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "limen/cpp/log.hpp"
#include "limen/cpp/node.hpp"
#include "limen/cpp/result.hpp"
#include "limen/objects.h"

namespace limen {

enum class ObjectEvent : int {
  added = LIMEN_OBJECT_ADDED,
  modified = LIMEN_OBJECT_MODIFIED,
  deleted = LIMEN_OBJECT_DELETED,  // the object is its last state
  synced = LIMEN_OBJECT_SYNCED,    // all that existed has been told; the object is absent
};

using ObjectCallback = std::function<void(ObjectEvent event, Node object)>;

namespace detail {
// A subscription asked for while the plugin was being built. It reaches the host once the plugin
// stands, so that no event meets half an object. Lives until destroy().
struct Subscription {
  std::string group, version, resource;
  ObjectCallback callback;
  const limen_node_api* nodes;
  Log log;

  static void deliver(void* arg, std::int32_t event, const limen_node* object) noexcept {
    auto& self = *static_cast<Subscription*>(arg);
    try {
      self.callback(static_cast<ObjectEvent>(event), Node(self.nodes, object));
    } catch (const std::exception& error) {
      self.log.error("an object event was not handled",
                     {{"resource", self.resource}, {"error", error.what()}});
    } catch (...) {
      self.log.error("an object event was not handled", {{"resource", self.resource}});
    }
  }
};
using Subscriptions = std::deque<Subscription>;
}  // namespace detail

class Objects {
 public:
  Objects(const limen_host* host, const limen_objects_api* api, const limen_node_api* nodes,
          Log log, detail::Subscriptions* wanted)
      : host_(host), api_(api), nodes_(nodes), log_(log), wanted_(wanted) {}

  explicit operator bool() const { return api_ != nullptr; }

  // Calls `callback` for every object of the resource: those that exist as `added`, then `synced`,
  // then each change, one call at a time and in order, on a thread of the host. For the constructor
  // or start(); the first call comes after start(). group "" is core, version "" the stored one. A
  // resource the server does not know makes the start fail.
  void subscribe(std::string_view group, std::string_view version, std::string_view resource,
                 ObjectCallback callback) const {
    if (api_ == nullptr) throw ConfigError("this server does not offer limen.objects/1");
    wanted_->push_back({std::string(group), std::string(version), std::string(resource),
                        std::move(callback), nodes_, log_});
  }
  // True when every subscription has been told all that existed at the start.
  bool synced() const { return api_ != nullptr && api_->synced(host_) != 0; }

  // An empty SharedNode when there is no such object. ns is "" for cluster-scoped ones.
  Result<SharedNode> get(std::string_view group, std::string_view resource, std::string_view ns,
                         std::string_view name) const {
    if (api_ == nullptr) return Error{"limen.objects/1 is not offered", LIMEN_E_UNSUPPORTED};
    const limen_node* found = nullptr;
    const limen_status status =
        api_->get(host_, to_abi(group), to_abi(resource), to_abi(ns), to_abi(name), &found);
    if (status == LIMEN_E_NOT_FOUND) return SharedNode();
    if (status != LIMEN_OK) return Error{"an object could not be read", status};
    return SharedNode::adopt(Node(nodes_, found));
  }

  // Calls each(Node) -> bool for what matches, in order of namespace and name, until it returns
  // false.
  template <class Each>
  Result<void> list(std::string_view group, std::string_view resource, std::string_view ns,
                    std::string_view label_selector, Each each) const {
    if (api_ == nullptr) return Error{"limen.objects/1 is not offered", LIMEN_E_UNSUPPORTED};
    Walk<Each> walk{each, nodes_, nullptr};
    const limen_status status = api_->list(host_, to_abi(group), to_abi(resource), to_abi(ns),
                                           to_abi(label_selector), &Walk<Each>::step, &walk);
    if (walk.error) std::rethrow_exception(walk.error);
    return detail::from_status(status, "objects could not be listed");
  }

  // Marks a stored object for others with one label. What becomes of the write is in the host's
  // log.
  Result<void> set_label(std::string_view group, std::string_view resource, std::string_view ns,
                         std::string_view name, std::string_view label,
                         std::string_view value) const {
    if (!LIMEN_HAS(limen_objects_api, api_, set_label)) {
      return Error{"labels cannot be set on this server", LIMEN_E_UNSUPPORTED};
    }
    return detail::from_status(api_->set_label(host_, to_abi(group), to_abi(resource), to_abi(ns),
                                               to_abi(name), to_abi(label), to_abi(value)),
                               "a label could not be set");
  }

 private:
  template <class Each>
  struct Walk {
    Each& each;
    const limen_node_api* nodes;
    std::exception_ptr error;
    static std::int32_t step(void* arg, const limen_node* object) noexcept {
      auto& self = *static_cast<Walk*>(arg);
      try {
        return self.each(Node(self.nodes, object)) ? 1 : 0;
      } catch (...) {
        self.error = std::current_exception();
        return 0;
      }
    }
  };

  const limen_host* host_;
  const limen_objects_api* api_;
  const limen_node_api* nodes_;
  Log log_;
  detail::Subscriptions* wanted_;
};

}  // namespace limen
