#include "aggregation/routes.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>

namespace limen::aggregation {

namespace {

// The snapshot in force; the lock is held only to copy or to exchange the pointer.
struct Current {
  std::mutex mutex;
  std::shared_ptr<const Routes> snapshot = std::make_shared<const Routes>();
  std::atomic<bool> any_remote{false};
};
Current& current() {
  static Current one;
  return one;
}

using Named = std::pair<std::string_view, std::string_view>;
Named named(const RoutePtr& route) { return {route->service.group, route->service.version}; }

// Takes the first segment off a path below its slash.
std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

}  // namespace

Routes::Routes(std::vector<RoutePtr> remotes, const std::vector<ApiService>& local,
               std::uint64_t openapi_version)
    : remotes_(std::move(remotes)), openapi_version_(openapi_version) {
  std::sort(remotes_.begin(), remotes_.end(),
            [](const RoutePtr& a, const RoutePtr& b) { return named(a) < named(b); });
  for (const ApiService& one : local) priorities_[{one.group, one.version}] = one.priority;
  for (const RoutePtr& one : remotes_) {
    priorities_[{one->service.group, one->service.version}] = one->service.priority;
  }
}

RoutePtr Routes::find(std::string_view group, std::string_view version) const {
  const Named wanted{group, version};
  const auto found =
      std::lower_bound(remotes_.begin(), remotes_.end(), wanted,
                       [](const RoutePtr& one, const Named& name) { return named(one) < name; });
  return found != remotes_.end() && named(*found) == wanted ? *found : nullptr;
}

Priority Routes::priority(std::string_view group, std::string_view version) const {
  const auto found = priorities_.find({std::string(group), std::string(version)});
  return found != priorities_.end() ? found->second : default_priority(group, version);
}

std::shared_ptr<const Routes> routes() {
  const std::lock_guard lock(current().mutex);
  return current().snapshot;
}

void publish_routes(std::shared_ptr<const Routes> snapshot) {
  current().any_remote.store(!snapshot->remotes().empty(), std::memory_order_relaxed);
  // The old one, if this was its last holder, is freed after the lock.
  const std::lock_guard lock(current().mutex);
  current().snapshot.swap(snapshot);
}

RoutePtr route_of(std::string_view path) {
  if (!current().any_remote.load(std::memory_order_relaxed)) return nullptr;
  constexpr std::string_view kOpenApi = "/openapi/v3";
  const bool document = path.starts_with(kOpenApi);
  if (document) path.remove_prefix(kOpenApi.size());
  if (!path.starts_with("/apis/")) return nullptr;
  path.remove_prefix(6);
  const std::string_view group = take_segment(path);
  const std::string_view version = take_segment(path);
  if (version.empty() || (document && !path.empty())) return nullptr;
  return routes()->find(group, version);
}

}  // namespace limen::aggregation
