#include "app/access_control.h"

#include <utility>
#include <vector>

namespace limen::app {

namespace {

struct Pinned {
  modules::GenerationPtr generation;
  api::AccessChains chains;
};

}  // namespace

void AccessControl::change(const modules::GenerationSpec& spec) {
  modules::GenerationPtr next = runtime_.build(spec);
  api::AccessChainsPtr chains = chains_of(next);
  runtime_.activate(std::move(next));
  chains_.store(std::move(chains), std::memory_order_release);
}

api::AccessChainsPtr chains_of(modules::GenerationPtr generation) {
  auto pinned = std::make_shared<Pinned>();
  std::vector<authn::Entry> entries;
  for (const auto& entry : generation->authenticators()) {
    entries.push_back({entry.instance, entry.module == authn::kAnonymousModule});
  }
  pinned->chains.authn = authn::Chain(std::move(entries));
  pinned->chains.authz = authz::Chain(generation->authorizers());
  pinned->chains.admission = admission::Chain(generation->admission());
  pinned->generation = std::move(generation);
  const api::AccessChains* chains = &pinned->chains;
  return api::AccessChainsPtr(std::move(pinned), chains);
}

}  // namespace limen::app
