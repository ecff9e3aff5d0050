#include "api/removal.h"

#include <optional>
#include <utility>

#include "api/admit.h"
#include "api/allocation.h"
#include "api/body.h"
#include "api/respond.h"
#include "api/webhook_versions.h"
#include "api/write.h"
#include "base/api_error.h"
#include "base/time.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"
#include "registry/strategies/custom.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;
using storage::WriteStatus;

bool is_namespace(const Call& call) {
  return call.resource.storage_group.empty() && call.resource.name == "namespaces";
}

bool is_definition(const Call& call) {
  return call.resource.storage_group == "apiextensions.k8s.io" &&
         call.resource.name == "customresourcedefinitions";
}

void check_preconditions(const Call& call, const DeleteOptions& options,
                         const storage::StoredObject& current) {
  if (options.uid && *options.uid != current.uid) {
    throw ApiError::conflict(call.resource.group, call.resource.kind, current.name,
                             "the UID in the precondition (" + *options.uid +
                                 ") does not match the UID in record (" + current.uid +
                                 "). The object might have been deleted and then recreated");
  }
  const std::string revision = std::to_string(current.revision);
  if (options.resource_version && *options.resource_version != revision) {
    throw ApiError::conflict(call.resource.group, call.resource.kind, current.name,
                             "the ResourceVersion in the precondition (" +
                                 *options.resource_version +
                                 ") does not match the ResourceVersion in record (" + revision +
                                 "). The object might have been modified");
  }
}

// What is to become of the object now.
struct Fate {
  std::optional<Json> marked;  // stored instead, when set
  bool remove = false;         // gone from the store (after `marked` was told to watchers)
};

// namespaces: they end by phases; their content goes first.
Fate fate_of_namespace(const Call& call, const Json& old, const DeleteOptions& options) {
  Fate fate;
  const Json* waiting = object::find(old, {"spec", "finalizers"});
  const bool emptied = !waiting || !waiting->is_array() || waiting->get_array().empty();
  if (!object::deletion_timestamp(old).empty()) {
    fate.remove = emptied && object::finalizers(old).empty();
    return fate;
  }
  Json marked = object::mutable_copy(old);
  object::set_metadata(marked, "deletionTimestamp",
                       base::format_time(std::chrono::system_clock::now()));
  object::object_at(marked, "status")["phase"] = "Terminating";
  if (auto wanted = registry::finalizers_for(call.strategy(), old, options.propagation)) {
    object::set_finalizers(marked, *wanted);
  }
  fate.marked = std::move(marked);
  return fate;
}

// Being deleted and without time to wait for: what becomes of its dependents may still be decided
// otherwise.
Fate fate_of_waiting(const registry::Strategy& strategy, const Json& old,
                     const DeleteOptions& options) {
  Fate fate;
  const auto finalizers = registry::finalizers_for(strategy, old, options.propagation);
  fate.remove = finalizers ? finalizers->empty() : object::finalizers(old).empty();
  if (!finalizers || fate.remove) return fate;
  Json marked = object::mutable_copy(old);
  object::set_finalizers(marked, *finalizers);
  fate.marked = std::move(marked);
  return fate;
}

// An object that is being deleted already: its time may only be shortened.
Fate fate_of_deleting(const registry::Strategy& strategy, const Json& old,
                      const DeleteOptions& options) {
  Fate fate;
  const Json* grace = object::find(old, {"metadata", "deletionGracePeriodSeconds"});
  const std::int64_t given = object::int_or(grace, 0);
  const bool pending = !object::finalizers(old).empty();
  if (!grace || given == 0) return fate_of_waiting(strategy, old, options);
  if (!options.grace_seconds) return fate;
  const std::int64_t wanted = *options.grace_seconds < 0 ? 1 : *options.grace_seconds;
  if (wanted >= given) return fate;
  Json marked = object::mutable_copy(old);
  const auto due = base::parse_time(object::deletion_timestamp(old));
  if (due) {
    object::set_metadata(
        marked, "deletionTimestamp",
        base::format_time(*due - std::chrono::seconds(given) + std::chrono::seconds(wanted)));
  }
  object::metadata(marked)["deletionGracePeriodSeconds"] = wanted;
  fate.marked = std::move(marked);
  fate.remove = wanted == 0 && !pending;
  return fate;
}

// CustomResourceDefinitions: the objects they define go first.
Fate fate_of_definition(const Call& call, const Json& old, const DeleteOptions& options) {
  Fate fate;
  Json marked = object::mutable_copy(old);
  if (auto wanted = registry::finalizers_for(call.strategy(), old, options.propagation)) {
    object::set_finalizers(marked, *wanted);
  }
  registry::mark_definition_deleted(marked, base::format_time(std::chrono::system_clock::now()));
  fate.marked = std::move(marked);
  return fate;
}

Fate fate_of(const Call& call, const Json& old, const DeleteOptions& options) {
  if (is_namespace(call)) return fate_of_namespace(call, old, options);
  const registry::Strategy& strategy = call.strategy();
  if (!object::deletion_timestamp(old).empty()) return fate_of_deleting(strategy, old, options);
  if (is_definition(call)) return fate_of_definition(call, old, options);
  std::int64_t grace = 0;
  if (strategy.grace_period) grace = strategy.grace_period(old, options.grace_seconds);
  auto finalizers = registry::finalizers_for(strategy, old, options.propagation);
  const bool pending = finalizers ? !finalizers->empty() : !object::finalizers(old).empty();
  Fate fate;
  fate.remove = !pending && grace == 0;
  // Watchers of pods learn of the mark even when nothing is waited for.
  if (fate.remove && !strategy.grace_period) return fate;
  Json marked = object::mutable_copy(old);
  if (finalizers) object::set_finalizers(marked, *finalizers);
  registry::mark_deleted(marked, grace);
  fate.marked = std::move(marked);
  return fate;
}

// Carries out a fate. Nothing when another write came between; `current` is then what it left.
base::Task<std::optional<Removed>> carry_out(Call& call, Fate fate, storage::ObjectPtr& current) {
  storage::ObjectPtr last = current;
  base::Executor& loop = call.context.scope.loop;
  if (fate.marked) {
    storage::Key key = call.key(current->name);
    std::string json = object::canonical(*fate.marked);
    storage::WriteResult result =
        co_await call.store.update(loop, std::move(key), current->revision, std::move(json));
    if (result.status == WriteStatus::conflict) {
      current = std::move(result.current);
      co_return std::nullopt;
    }
    if (result.status != WriteStatus::ok) refuse_write(call, current->name, result);
    last = std::move(result.object);
  }
  if (!fate.remove) {
    co_await until_seen(call, last->revision);
    co_return Removed{std::move(last), false};
  }
  storage::Key key = call.key(last->name);
  storage::WriteResult result = co_await call.store.remove(loop, std::move(key), last->revision);
  if (result.status == WriteStatus::conflict) {
    current = std::move(result.current);
    co_return std::nullopt;
  }
  // Somebody else finished what was marked here: it is as gone as it was to be.
  if (result.status == WriteStatus::not_found && fate.marked) co_return Removed{last, true};
  if (result.status != WriteStatus::ok) refuse_write(call, last->name, result);
  if (claims_numbers(call)) co_await give_back(call, *result.object);
  co_await until_seen(call, result.object->revision);
  co_return Removed{std::move(result.object), true};
}

base::Task<DeleteOptions> parse_from_request(Call& call) {
  if (call.context.head().has_body) {
    const std::string text = co_await read_body(call);
    if (!text.empty()) {
      const BodyFormat format = body_format(call.context.head().header("Content-Type"));
      const object::Json body = co_await decode_value(
          call, text, format, "DeleteOptions",
          catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"));
      co_return parse_delete_options(body);
    }
  }
  co_return parse_delete_options(call.info().query);
}

// jobs: kubectl says how, others may be surprised.
void warn_of_orphans(Call& call, const DeleteOptions& options) {
  const bool jobs = call.resource.storage_group == "batch" && call.resource.name == "jobs";
  if (!jobs || options.propagation != registry::Propagation::unset) return;
  call.context.warn(
      "child pods are preserved by default when jobs are deleted; set "
      "propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress "
      "this warning");
}

}  // namespace

base::Task<Removed> remove_object(Call& call, std::string name, const DeleteOptions& options,
                                  bool admission) {
  storage::ObjectPtr current = call.store.get(call.key(name));
  while (true) {
    if (!current) throw call.not_found(name);
    check_preconditions(call, options, *current);
    const object::Document old = object::Document::parse(current->json);
    Admit admit(call, limen::admission::kDelete, "delete", name, call.resource.kind, nullptr,
                options.document, options.dry_run);
    if (admission && call.converted) {
      // Controllers are shown what the client would see; what is written are marks, of any version.
      storage::ObjectPtr shown = current;
      shown = co_await as_served(call, std::move(shown));
      const object::Document served = object::Document::parse(shown->json);
      co_await admit.remove(served);
    } else if (admission) {
      co_await admit.remove(old);
    }
    Fate fate = fate_of(call, old.root(), options);
    if (options.dry_run) {
      const bool gone = fate.remove;
      storage::ObjectPtr shown = fate.marked ? unstored(*fate.marked, current->revision) : current;
      co_return Removed{std::move(shown), gone};
    }
    std::optional<Removed> removed = co_await carry_out(call, std::move(fate), current);
    if (removed) co_return std::move(*removed);
    check_deadline(call);
  }
}

base::Task<DeleteOptions> read_delete_options(Call& call) {
  DeleteOptions options = co_await parse_from_request(call);
  warn_of_orphans(call, options);
  co_return options;
}

}  // namespace limen::api
