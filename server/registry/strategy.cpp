#include "registry/strategy.h"

namespace limen::registry {

const Strategy& strategy_for(const catalog::Resource& resource) {
  static constexpr Strategy kDefault{};
  if (resource.custom) return custom_strategy();
  for (const auto table : {core_strategies(), workload_strategies(), other_strategies()}) {
    for (const Strategy& row : table)
      if (row.resource == resource.name && row.group == resource.storage_group) return row;
  }
  return kDefault;
}

}  // namespace limen::registry
