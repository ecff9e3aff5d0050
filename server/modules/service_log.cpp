// "limen.log/1": a module's lines in the server's log.
#include <algorithm>
#include <vector>

#include "modules/host_scope.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

constexpr std::size_t kMaxPairs = 32;  // of one line; what is beyond is left out

log::Level to_level(std::int32_t level) {
  if (level <= LIMEN_LOG_DEBUG) return log::Level::debug;
  if (level == LIMEN_LOG_INFO) return log::Level::info;
  if (level == LIMEN_LOG_WARN) return log::Level::warn;
  return log::Level::error;
}

std::int32_t enabled(const limen_host* host, std::int32_t level) noexcept {
  const HostScope* scope = HostScope::of(host);
  return scope != nullptr && log::module_enabled(to_level(level), scope->instance()) ? 1 : 0;
}

void write(const limen_host* host, std::int32_t level, limen_str message, const limen_pair* pairs,
           std::size_t pair_count) noexcept {
  const HostScope* scope = HostScope::of(host);
  if (scope == nullptr || !log::module_enabled(to_level(level), scope->instance())) {
    return;
  }
  std::vector<log::Pair> all;
  if (pairs == nullptr) pair_count = 0;
  for (std::size_t i = 0; i < std::min(pair_count, kMaxPairs); ++i) {
    all.emplace_back(to_view(pairs[i].key), to_view(pairs[i].value));
  }
  log::write_for_module(to_level(level), scope->instance(), to_view(message), all.data(),
                        all.size());
}

}  // namespace

const limen_log_api& log_table() {
  static constexpr limen_log_api table = {sizeof(limen_log_api), 0, enabled, write};
  return table;
}

}  // namespace limen::modules
