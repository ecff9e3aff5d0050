#include "api/freshness.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "api/access/escalation.h"
#include "api/continue_token.h"
#include "api/query_values.h"
#include "api/storage_error.h"
#include "api/subresources/subresources.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/metadata.h"
#include "observability/log.h"
#include "registry/conversion.h"

namespace limen::api {

namespace {

using object::Json;

enum class Wanted {
  nothing,  // of memory
  memory,   // as it is
  newest,
};

// What is malformed is refused later, by who reads it.
Wanted wanted_at(const Call& call, std::optional<storage::Revision> revision) {
  return revision && *revision > call.store.revision() ? Wanted::newest : Wanted::memory;
}

Wanted wanted_by_page(const Call& call, std::string_view token) {
  try {
    const storage::Revision revision = ContinueToken::decode(token).revision;
    return revision < 0 ? Wanted::newest : wanted_at(call, revision);
  } catch (const base::ApiError&) {
    return Wanted::memory;
  }
}

// A get, list or watch.
Wanted wanted_by_read(const Call& call) {
  const request::Query& query = call.info().query;
  const bool list = call.info().verb == "list";
  const std::string_view token = list ? query.get("continue") : std::string_view();
  if (!token.empty()) return wanted_by_page(call, token);
  const std::string_view text = query.get("resourceVersion");
  if (text.empty()) return Wanted::newest;
  const bool watch = call.info().verb == "watch";
  // A watch from a revision still to come waits for it.
  if (watch && !query_bool(query, "sendInitialEvents").value_or(false)) return Wanted::memory;
  return wanted_at(call, base::parse_int(text));
}

Wanted wanted_by(const Call& call) {
  const std::string& verb = call.info().verb;
  // Never stored; they tell of pods.
  if (call.resource.group.empty() && call.resource.name == "bindings") return Wanted::newest;
  if (!call.resource.stored()) return Wanted::nothing;
  if (call.subresource != nullptr) {
    const bool object = verb == "get" && !passes_on(*call.subresource);
    return object ? wanted_by_read(call) : Wanted::newest;
  }
  if (verb == "get" || verb == "list" || verb == "watch") return wanted_by_read(call);
  return verb == "create" ? Wanted::nothing : Wanted::newest;
}

// What pods name that admission looks up.
struct Reference {
  std::string_view field, group, resource;
  bool namespaced;
};
constexpr Reference kOfPods[] = {
    {"serviceAccountName", "", "serviceaccounts", true},
    {"priorityClassName", "scheduling.k8s.io", "priorityclasses", false},
    {"runtimeClassName", "node.k8s.io", "runtimeclasses", false},
};

bool is_known(const Call& call, const Reference& reference, std::string_view name) {
  const std::string ns(reference.namespaced ? call.ns() : std::string_view());
  return call.store.get({{std::string(reference.group), std::string(reference.resource)},
                         ns,
                         std::string(name)}) != nullptr;
}

bool names_unknown(const Call& call, const Json& pod) {
  const Json* const spec = object::member(pod, "spec");
  if (spec == nullptr) return false;
  return std::any_of(std::begin(kOfPods), std::end(kOfPods), [&](const Reference& reference) {
    const std::string_view name = object::text_at(*spec, reference.field);
    return !name.empty() && !is_known(call, reference, name);
  });
}

bool in_unknown_namespace(const Call& call) {
  constexpr Reference kNamespace{"", "", "namespaces", false};
  return !call.ns().empty() && !is_known(call, kNamespace, call.ns());
}

}  // namespace

bool must_confirm(const Call& call) {
  switch (wanted_by(call)) {
    case Wanted::nothing:
      return false;
    case Wanted::newest:
      return true;
    case Wanted::memory:
      break;
  }
  if (call.options.refuse_stale && call.options.refuse_stale()) throw store_unavailable();
  return false;
}

bool must_confirm_create(const Call& call, const Json& object, bool dry_run) {
  // Nobody but memory tells a dry run of the object that is there; whoever gives rights has to hold
  // what is in force now.
  if (dry_run || access::grants_rights(registry::storage_resource(call.resource))) return true;
  if (in_unknown_namespace(call)) return true;
  const bool pod = call.resource.group.empty() && call.resource.name == "pods";
  return pod && names_unknown(call, object);
}

base::Task<void> confirm(Call& call) {
  if (call.confirmed) co_return;
  // Nothing: it took too long.
  using Error = std::optional<std::string>;
  base::Executor& loop = call.context.scope.loop;
  const base::OneShot<Error> told(loop);
  call.store.confirm([told](std::string why) { told.set(Error(std::move(why))); });
  const base::Deadline limit =
      std::min(call.context.scope.deadline, base::SteadyClock::now() + call.options.confirm_limit);
  const auto timer = loop.post_at(limit, [told] { told.set(Error()); });
  const Error error = co_await told;
  loop.cancel_timer(timer);
  if (!error) throw not_confirmed();
  if (!error->empty()) {
    log::debug("a request could not be confirmed", {{"error", *error}});
    throw store_unavailable();
  }
  call.confirmed = true;
}

}  // namespace limen::api
