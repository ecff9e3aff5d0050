// "limen.clock/1" and "limen.config/1".
#include <chrono>

#include "modules/host_scope.h"
#include "modules/nodes.h"

namespace limen::modules {

namespace {

std::int64_t monotonic_ns(const limen_host*) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             base::SteadyClock::now().time_since_epoch())
      .count();
}

std::int64_t unix_ns(const limen_host*) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const limen_node* root(const limen_host* host) noexcept {
  const HostScope* scope = HostScope::of(host);
  return scope == nullptr ? nullptr : root_node(scope->config());
}

const char* instance_name(const limen_host* host) noexcept {
  const HostScope* scope = HostScope::of(host);
  return scope == nullptr ? "" : scope->instance().c_str();
}

}  // namespace

const limen_clock_api& clock_table() {
  static constexpr limen_clock_api table = {sizeof(limen_clock_api), 0, monotonic_ns, unix_ns};
  return table;
}

const limen_config_api& config_table() {
  static constexpr limen_config_api table = {sizeof(limen_config_api), 0, root, instance_name};
  return table;
}

}  // namespace limen::modules
