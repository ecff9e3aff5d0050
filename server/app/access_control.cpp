#include "app/access_control.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "modules/self_lock.h"
#include "observability/log.h"

namespace limen::app {

namespace {

// Where everything is allowed nobody may stay nameless: kube-apiserver turns anonymous requests off
// then (row A34), and so do we.
bool allows_everything(const modules::Generation& generation) {
  const std::vector<modules::InstanceInfo> all = generation.instances();
  return std::any_of(all.begin(), all.end(), [](const modules::InstanceInfo& instance) {
    return instance.kind == modules::Kind::authorizer && instance.id == kAlwaysAllowModule &&
           !instance.shadow;
  });
}

// The chains go first, then the generation whose modules they ask. Admission finds the owner of its
// chains through the chains themselves, so they are a base and no member.
struct Keeper {
  modules::GenerationPtr generation;
};
struct Pinned : Keeper, api::AccessChains {};

}  // namespace

void AccessControl::change(const modules::GenerationSpec& spec) {
  modules::GenerationPtr next = runtime_.build(spec);
  api::AccessChainsPtr chains = chains_of(next, options_);
  runtime_.activate(std::move(next));
  chains_.store(std::move(chains), std::memory_order_release);
  for (const std::string& why : modules::self_locks(spec, runtime_.loader())) {
    log::warn("an admission module may keep the cluster from recovering", {{"why", why}});
  }
}

api::AccessChainsPtr chains_of(modules::GenerationPtr generation, const AccessOptions& shared) {
  auto pinned = std::make_shared<Pinned>();
  std::vector<authn::Entry> entries;
  const bool named_only = allows_everything(*generation);
  for (const auto& entry : generation->authenticators()) {
    if (named_only && entry.module == authn::kAnonymousModule) {
      log::warn("anonymous requests are refused, because always-allow would let them do everything",
                {{"module", entry.instance->name()}});
      continue;
    }
    entries.push_back({entry.instance, entry.module == authn::kAnonymousModule});
  }
  authn::ChainOptions options;
  options.revocations = shared.revocations;
  options.asks_for_audiences = !shared.api_audiences.empty();
  if (!shared.api_audiences.empty()) {
    options.api_audiences = shared.api_audiences;
  } else if (generation->token_issuer() != nullptr) {
    options.api_audiences = generation->token_issuer()->audiences();
  }
  pinned->authn = authn::Chain(std::move(entries), std::move(options));
  pinned->authz = authz::Chain(generation->authorizers());
  pinned->admission = admission::Chain(generation->admission());
  pinned->token_issuer = generation->token_issuer();
  pinned->api_audiences = shared.api_audiences;
  if (const auto& shadows = generation->shadows(); !shadows.empty()) {
    pinned->shadows = std::make_shared<const api::Shadows>(shadows.authenticators,
                                                           shadows.authorizers, shadows.admission);
  }
  pinned->followers = generation.get();
  pinned->generation = std::move(generation);
  return pinned;
}

}  // namespace limen::app
