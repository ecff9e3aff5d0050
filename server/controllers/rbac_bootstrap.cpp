#include "controllers/rbac_bootstrap.h"

#include <utility>

#include "controllers/names.h"
#include "object/decode.h"

namespace limen::controllers {

std::string_view RbacBootstrap::name() const { return kRbacBootstrap; }

base::Task<void> RbacBootstrap::bring_up() {
  const std::vector<PolicyObject> policy = parse_policy(kBootstrapPolicy);
  // All at once: the writer makes few transactions of them.
  Group group(objects_.loop());
  for (const PolicyObject& wanted : policy) group.add(ensure(wanted));
  co_await group.wait();
}

base::Task<void> RbacBootstrap::ensure(const PolicyObject& wanted) {
  // Each round that ends without success saw a change by somebody else.
  while (true) {
    storage::Key key = wanted.key;
    const storage::ObjectPtr current = objects_.store().get(key);
    if (!current) {
      object::Json made = wanted.object;
      if (co_await objects_.create(std::move(key), std::move(made))) co_return;
      continue;
    }
    const object::Document document = object::Document::parse(current->json);
    if (opted_out(document.root())) co_return;
    object::Json stored = object::mutable_copy(document.root());
    if (refers_elsewhere(stored, wanted.object)) {
      co_await objects_.remove(std::move(key), current->revision);
      continue;
    }
    if (!reconcile_policy(stored, wanted.object)) co_return;
    if (co_await objects_.update(std::move(key), current->revision, std::move(stored))) co_return;
  }
}

}  // namespace limen::controllers
