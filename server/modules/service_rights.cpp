// "limen.rights/1".
#include "modules/host_scope.h"

namespace limen::modules {

namespace {

void changed(const limen_host* host) noexcept {
  const HostScope* scope = HostScope::of(host);
  if (scope != nullptr) scope->rights_changed();
}

}  // namespace

const limen_rights_api& rights_table() {
  static constexpr limen_rights_api table = {sizeof(limen_rights_api), 0, changed};
  return table;
}

}  // namespace limen::modules
