// Objects: what is stored on the server, kept up to date, and three narrow ways to write.
//
// subscribe() tells a plugin of everything there is of a resource and of every change; get() and
// list() look things up and need no subscription. Any thread, except subscribe().
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
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

  // By which resource the objects of a kind are addressed; an empty name when none is served.
  struct Resource {
    std::string name;
    bool namespaced = false;
  };
  Result<Resource> resource_of(std::string_view group, std::string_view version,
                               std::string_view kind) const {
    if (!LIMEN_HAS(limen_objects_api, api_, resource_of)) {
      return Error{"this server does not tell resources by kind", LIMEN_E_UNSUPPORTED};
    }
    Resource found;
    const limen_status status = api_->resource_of(
        host_, to_abi(group), to_abi(version), to_abi(kind),
        [](void* arg, limen_str resource, std::int32_t namespaced) {
          *static_cast<Resource*>(arg) = {std::string(to_view(resource)), namespaced != 0};
        },
        &found);
    if (status != LIMEN_OK && status != LIMEN_E_NOT_FOUND) {
      return Error{"a resource could not be found out", status};
    }
    return found;
  }

  // What became of a write: LIMEN_OK once it is durable, LIMEN_E_CONFLICT when somebody else was
  // first, LIMEN_E_NOT_FOUND, LIMEN_E_UNAVAILABLE, LIMEN_E_CANCELLED when the plugin stopped.
  using WriteDone = std::function<void(limen_status status)>;

  // Replaces the status of a stored object that is still at `resource_version`. `done` is called
  // once, on a worker thread, unless this returns an error.
  Result<void> update_status(std::string_view group, std::string_view resource, std::string_view ns,
                             std::string_view name, std::string_view resource_version,
                             std::string_view status_json, WriteDone done) const {
    if (!LIMEN_HAS(limen_objects_api, api_, update_status)) {
      return Error{"this server lets no module write a status", LIMEN_E_UNSUPPORTED};
    }
    return write("a status could not be written", std::move(done), [&](auto* fn, void* arg) {
      return api_->update_status(host_, to_abi(group), to_abi(resource), to_abi(ns), to_abi(name),
                                 to_abi(resource_version), to_abi(status_json), fn, arg);
    });
  }
  // Stores a new object, filled in as the server fills in its own. `done` as above.
  Result<void> create(std::string_view group, std::string_view resource, std::string_view ns,
                      std::string_view name, std::string_view json, WriteDone done) const {
    if (!LIMEN_HAS(limen_objects_api, api_, create)) {
      return Error{"this server lets no module create objects", LIMEN_E_UNSUPPORTED};
    }
    return write("an object could not be created", std::move(done), [&](auto* fn, void* arg) {
      return api_->create(host_, to_abi(group), to_abi(resource), to_abi(ns), to_abi(name),
                          to_abi(json), fn, arg);
    });
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

  struct Write {
    WriteDone done;
    Log log;
    static void finish(void* arg, limen_status status) noexcept {
      const std::unique_ptr<Write> self(static_cast<Write*>(arg));
      try {
        self->done(status);
      } catch (const std::exception& error) {
        self->log.error("the end of a write was not handled", {{"error", error.what()}});
      } catch (...) {
        self->log.error("the end of a write was not handled");
      }
    }
  };
  template <class Begin>
  Result<void> write(const char* what, WriteDone done, Begin&& begin) const {
    auto pending = std::make_unique<Write>(Write{std::move(done), log_});
    const limen_status status = begin(&Write::finish, pending.get());
    if (status == LIMEN_OK) pending.release();
    return detail::from_status(status, what);
  }

  const limen_host* host_;
  const limen_objects_api* api_;
  const limen_node_api* nodes_;
  Log log_;
  detail::Subscriptions* wanted_;
};

}  // namespace limen
