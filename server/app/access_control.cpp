#include "app/access_control.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include "modules/load_error.h"
#include "observability/log.h"

namespace limen::app {

namespace {

// How long a new generation may take to hear of what was written while it started.
constexpr std::chrono::seconds kInStepTimeout(10);

// Where everything is allowed nobody may stay nameless: kube-apiserver turns anonymous requests off
// then (row A34), and so do we.
bool allows_everything(const modules::Generation& generation) {
  const std::vector<modules::InstanceInfo> all = generation.instances();
  return std::any_of(all.begin(), all.end(), [](const modules::InstanceInfo& instance) {
    return instance.kind == modules::Kind::authorizer && instance.id == kAlwaysAllowModule &&
           !instance.shadow;
  });
}

// Everybody has to have seen a write: the modules of the request's own generation, and those that
// judge what comes after it.
class AllFollowers final : public storage::Followers {
 public:
  using Beside = std::function<std::vector<modules::GenerationPtr>()>;
  AllFollowers(modules::GenerationPtr own, Beside beside)
      : own_(std::move(own)), beside_(std::move(beside)) {}

  bool seen(const storage::ResourceId& id, storage::Revision revision,
            std::function<void()> told) const override {
    const std::vector<modules::GenerationPtr> all = everybody();
    if (all.size() == 1) return own_->seen(id, revision, std::move(told));
    // One more than are late, so that nobody is last before all are asked.
    const auto left = std::make_shared<std::atomic<std::size_t>>(all.size() + 1);
    const auto one_came = [left, told = std::move(told)] {
      if (left->fetch_sub(1) == 1) told();
    };
    std::size_t late = 0;
    for (const modules::GenerationPtr& generation : all) {
      if (generation->seen(id, revision, one_came)) {
        left->fetch_sub(1);
      } else {
        ++late;
      }
    }
    if (late == 0) return true;
    one_came();
    return false;
  }

  void catch_up(std::function<void()> told) const override { own_->catch_up(std::move(told)); }

 private:
  std::vector<modules::GenerationPtr> everybody() const {
    std::vector<modules::GenerationPtr> all = {own_};
    if (!beside_) return all;
    for (modules::GenerationPtr& other : beside_()) {
      if (std::find(all.begin(), all.end(), other) == all.end()) all.push_back(std::move(other));
    }
    return all;
  }

  const modules::GenerationPtr own_;
  const Beside beside_;
};

// The chains go first, then the generation whose modules they ask. Admission finds the owner of its
// chains through the chains themselves, so they are a base and no member.
struct Keeper {
  explicit Keeper(AllFollowers all) : everybody(std::move(all)) {}
  const AllFollowers everybody;
};
struct Pinned : Keeper, api::AccessChains {
  using Keeper::Keeper;
};

}  // namespace

AccessControl::AccessControl(modules::Runtime& runtime, AccessOptions options)
    : runtime_(runtime), options_(std::move(options)) {
  options_.beside = [this] { return deciding(); };
}

std::vector<modules::GenerationPtr> AccessControl::deciding() const {
  std::vector<modules::GenerationPtr> all;
  for (modules::GenerationPtr generation : {runtime_.current(), joining_.load()}) {
    if (generation != nullptr) all.push_back(std::move(generation));
  }
  return all;
}

AccessControl::Prepared::Prepared(AccessControl& control, modules::GenerationPtr generation)
    : control_(control), generation_(std::move(generation)) {}

AccessControl::Prepared::~Prepared() {
  if (committed_) return;
  control_.joining_.store(nullptr);
  chains_.reset();
  generation_.reset();
  control_.runtime_.discard();
}

std::unique_ptr<AccessControl::Prepared> AccessControl::prepare(
    const modules::GenerationSpec& spec) {
  auto prepared = std::make_unique<Prepared>(*this, runtime_.build(spec));
  prepared->chains_ = chains_of(prepared->generation_, options_);
  if (runtime_.current() == nullptr) return prepared;
  // From here on writes wait for the new modules too; those acknowledged before are waited for.
  joining_.store(prepared->generation_);
  wait_in_step(*prepared->generation_);
  return prepared;
}

void AccessControl::wait_in_step(const modules::Generation& next) const {
  const auto told = std::make_shared<std::promise<void>>();
  std::future<void> done = told->get_future();
  next.catch_up([told] { told->set_value(); });
  if (done.wait_for(kInStepTimeout) == std::future_status::ready) return;
  throw modules::LoadError(modules::Gate::start,
                           "the new modules were not told of every stored object in time: one of "
                           "them takes too long with each, or the machine is too busy");
}

void AccessControl::commit(Prepared& prepared) {
  prepared.committed_ = true;
  runtime_.activate(prepared.generation_);
  chains_.store(prepared.chains_, std::memory_order_release);
  joining_.store(nullptr);
}

void AccessControl::change(const modules::GenerationSpec& spec) { commit(*prepare(spec)); }

api::AccessChainsPtr chains_of(modules::GenerationPtr generation, const AccessOptions& shared) {
  auto pinned = std::make_shared<Pinned>(AllFollowers(generation, shared.beside));
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
  pinned->followers = &pinned->everybody;
  return pinned;
}

}  // namespace limen::app
