#include "modules/host_scope.h"

#include <cstring>

#include "modules/loader.h"
#include "modules/nodes.h"

namespace limen::modules {

namespace {

struct Offered {
  const char* id;
  const void* (*table)();
};

// What this server offers; a plugin may require any of these.
constexpr Offered kOffered[] = {
    {LIMEN_CALL, [] { return static_cast<const void*>(&call_table()); }},
    {LIMEN_NODE, [] { return static_cast<const void*>(&node_table()); }},
    {LIMEN_LOG, [] { return static_cast<const void*>(&log_table()); }},
    {LIMEN_METRICS, [] { return static_cast<const void*>(&metrics_table()); }},
    {LIMEN_CLOCK, [] { return static_cast<const void*>(&clock_table()); }},
    {LIMEN_CONFIG, [] { return static_cast<const void*>(&config_table()); }},
    {LIMEN_OBJECTS, [] { return static_cast<const void*>(&objects_table()); }},
    {LIMEN_HTTP, [] { return static_cast<const void*>(&http_table()); }},
    {LIMEN_EXECUTOR, [] { return static_cast<const void*>(&executor_table()); }},
    {LIMEN_RIGHTS, [] { return static_cast<const void*>(&rights_table()); }},
    {LIMEN_ACCESS, [] { return static_cast<const void*>(&access_table()); }},
    {LIMEN_VERSIONS, [] { return static_cast<const void*>(&versions_table()); }},
};

const void* get_extension(const limen_host* host, const char* id) noexcept {
  const HostScope* scope = HostScope::of(host);
  if (scope == nullptr || id == nullptr || scope->stage() == Stage::created) return nullptr;
  for (const Offered& offered : kOffered) {
    if (std::strcmp(offered.id, id) == 0) return offered.table();
  }
  return nullptr;
}

}  // namespace

bool host_offers(std::string_view table_id) {
  for (const Offered& offered : kOffered) {
    if (table_id == offered.id) return true;
  }
  return false;
}

HostScope::HostScope(std::string instance, std::string server_version, object::Document config,
                     const ObjectSource& objects, std::size_t workers)
    : instance_(std::move(instance)),
      server_version_(std::move(server_version)),
      config_(std::move(config)),
      metrics_(instance_),
      serial_("s-" + instance_),
      objects_(objects, serial_),
      background_(instance_, serial_, workers),
      host_{sizeof(limen_host), LIMEN_ABI_MAJOR, LIMEN_ABI_MINOR, server_version_.c_str(), this,
            get_extension} {}

HostScope* HostScope::of(const limen_host* host) {
  if (host == nullptr || host->get_extension != get_extension) return nullptr;
  return static_cast<HostScope*>(host->ctx);
}

bool HostScope::stop(base::Deadline deadline) {
  objects_.stop();
  // Timers first become cancelled work; then the thread they would fire on may end.
  const bool background_over = background_.stop(deadline);
  return serial_.stop(deadline) && background_over;
}

}  // namespace limen::modules
