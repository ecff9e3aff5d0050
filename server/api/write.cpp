#include "api/write.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/access/escalation.h"
#include "api/admit.h"
#include "api/allocation.h"
#include "api/body.h"
#include "api/definition_warnings.h"
#include "api/freshness.h"
#include "api/ownership.h"
#include "api/respond.h"
#include "api/storage_error.h"
#include "api/webhook_versions.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "observability/log.h"
#include "registry/conversion.h"
#include "validation/defaults.h"
#include "validation/validate.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;
using storage::WriteStatus;

constexpr std::chrono::seconds kMaxWaitForModules{1};
constexpr int kNameTries = 8;  // of a generated name, each with a fresh suffix

// An answer that a generated name was taken, again and again.
ApiError no_unique_name(const Call& call, std::string_view name) {
  ApiError taken = ApiError::already_exists(call.resource.group, call.resource.name, name);
  base::StatusDetails details = taken.details();
  details.retry_after_seconds = 1;
  return {409, "AlreadyExists",
          taken.message() + ", the server was not able to generate a unique name for the object",
          std::move(details)};
}

void refuse_causes(const Call& call, const Json& object, std::vector<base::StatusCause> causes) {
  if (causes.empty()) return;
  throw ApiError::invalid(call.resource.group, call.resource.kind, object::name(object),
                          std::move(causes));
}

// A new object has no history; kube-apiserver finds this in its store and has no reason for it.
void refuse_revision(const Json& object) {
  const auto revision = base::parse_int(object::resource_version(object));
  if (revision && *revision != 0) {
    throw ApiError(500, "", "resourceVersion should not be set on objects to be created");
  }
}

// A custom object is judged by the schema of the version it was sent in, an event by the rules of
// its API group: the newer one is the stricter.
const catalog::Resource& rules_of(const Call& call, const catalog::Resource& stored) {
  const bool by_group = call.resource.group == "events.k8s.io";
  return call.resource.custom || by_group ? call.resource : stored;
}

// What creates is admitted with CreateOptions, whichever verb it came by (an update or an apply of
// an object that is not there).
object::Document create_options(const object::Document& options) {
  if (!options || object::kind(options.root()) == "CreateOptions") return options;
  Json copy = object::mutable_copy(options.root());
  object::set_type(copy, object::api_version(copy), "CreateOptions");
  return object::Document(copy);
}

struct Creation {
  storage::WriteResult result;
  std::string name;
};

// One try, of one name.
base::Task<Creation> try_create(Call& call, Json object, const WriteOptions& options,
                                Admit& admit) {
  const catalog::Resource& stored = registry::storage_resource(call.resource);
  const Json& checked = object;
  registry::prepare_create(stored, call.strategy(), object, call.context.user);
  validation::apply_defaults(stored, object);
  registry::ServiceAllocator::Claim claim;
  if (claims_numbers(call)) claim = co_await claim_for_new(call, object, options.dry_run);
  refuse_causes(call, checked, validation::validate_create(rules_of(call, stored), checked));
  warn_about_definition(call, checked);
  const object::Document none;
  co_await admit.validate(object, none);

  Creation creation;
  creation.name = object::name(object);
  storage::Key key = call.key(creation.name);
  if (options.dry_run) {
    creation.result.current = call.store.get(key);
    creation.result.status =
        creation.result.current ? WriteStatus::already_exists : WriteStatus::ok;
    creation.result.object = unstored(object, 0);
    co_return creation;
  }
  std::string json = co_await as_stored(call, object);
  creation.result =
      co_await call.store.create(call.context.scope.loop, std::move(key), std::move(json));
  settle_claim(claim, creation.result.status);
  co_return creation;
}

// The optimistic lock and the other things an update may state about what it replaces.
void check_preconditions(const Call& call, Json& object, const storage::StoredObject& current) {
  const std::string_view uid = object::uid(object);
  if (!uid.empty() && uid != current.uid) throw other_uid(call, current.name, uid, current.uid);
  const std::string_view text = object::resource_version(object);
  const auto revision = base::parse_int(text);
  if (!text.empty() && (!revision || *revision < 0)) {
    refuse_causes(
        call, object,
        {{"FieldValueInvalid", "Invalid value: " + base::go_quote(text) + ": must be a number",
          "metadata.resourceVersion"}});
  }
  if (revision.value_or(0) == 0) {
    if (!call.strategy().unconditional_update) {
      throw ApiError::invalid(
          call.resource.group, call.resource.name, current.name,
          {{"FieldValueInvalid", "Invalid value: 0: must be specified for an update",
            "metadata.resourceVersion"}});
    }
  } else if (*revision != current.revision) {
    throw call.conflict(current.name, kModifiedText);
  }
}

std::vector<base::StatusCause> causes_of(const catalog::Resource& stored, registry::Part part,
                                         const Json& object, const Json& old) {
  switch (part) {
    case registry::Part::whole:
      return validation::validate_update(stored, object, old);
    case registry::Part::finalize:
      return validation::validate_finalize(stored, object, old);
    case registry::Part::resize:
      return validation::validate_resize(stored, object, old);
    case registry::Part::ephemeral_containers:
      return validation::validate_ephemeral_containers(stored, object, old);
    default:
      return validation::validate_status_update(stored, object, old);
  }
}

// The new state, with its owners.
Json changed(Call& call, ModifyRules rules, const WriteOptions& options, Change& change,
             const Json& old) {
  Json object = change.apply(call, old);
  settle_namespace(call, object);
  if (!change.settles_owners()) {
    const Ownership ownership(call, rules.part, options);
    ownership.updated(old, object);
  }
  return object;
}

// One try against one current state. Null when another write came between; `current` is then what
// it left.
base::Task<storage::ObjectPtr> try_modify(Call& call, ModifyRules rules,
                                          const WriteOptions& options, Change& change,
                                          storage::ObjectPtr& current) {
  const catalog::Resource& stored = registry::storage_resource(call.resource);
  storage::ObjectPtr shown = current;
  if (call.converted) shown = co_await as_served(call, std::move(shown));
  const object::Document old = object::Document::parse(shown->json);
  Json object;
  if (call.converted) {
    object = co_await with_conversions(
        call, *call.converted, [&] { return changed(call, rules, options, change, old.root()); });
  } else {
    object = changed(call, rules, options, change, old.root());
  }
  Admit admit(call, admission::kUpdate, call.info().verb, current->name, call.resource.kind,
              stored.type, options.document, options.dry_run);
  if (rules.admission) co_await admit.mutate(object, old);
  if (access::grants_rights(stored)) {
    co_await access::refuse_escalation(call, object, &old.root());
  }
  check_preconditions(call, object, *current);
  registry::prepare_update(stored, call.strategy(), rules.part, object, old.root());
  registry::ServiceAllocator::Claim claim;
  if (claims_numbers(call)) {
    claim = co_await claim_for_changed(call, rules.part, object, old.root(), options.dry_run);
  }
  refuse_causes(call, object, causes_of(rules_of(call, stored), rules.part, object, old.root()));
  if (rules.part == registry::Part::whole) warn_about_definition(call, object);
  if (rules.admission) co_await admit.validate(object, old);

  const bool ends = registry::completes_deletion(stored, object, old.root());
  const bool unchanged = !ends && registry::same_content(object, old.root());
  if (unchanged && !is_stored_otherwise(call, *current) &&
      !call.store.outdated(call.id(), *current)) {
    co_return shown;
  }
  if (options.dry_run) co_return unstored(object, current->revision);
  storage::Key key = call.key(current->name);
  storage::WriteResult result;
  base::Executor& loop = call.context.scope.loop;
  if (ends) {
    result = co_await call.store.remove(loop, std::move(key), current->revision);
  } else {
    std::string json = co_await as_stored(call, object);
    result = co_await call.store.update(loop, std::move(key), current->revision, std::move(json));
  }
  if (!ends) settle_claim(claim, result.status);
  if (result.status == WriteStatus::ok) {
    if (ends && claims_numbers(call)) co_await give_back(call, *result.object);
    co_await until_seen(call, result.object->revision);
    storage::ObjectPtr written = std::move(result.object);
    if (call.converted) written = co_await as_served(call, std::move(written));
    co_return written;
  }
  if (result.status != WriteStatus::conflict) refuse_write(call, current->name, result);
  current = std::move(result.current);
  co_return nullptr;
}

}  // namespace

void check_deadline(const Call& call) {
  const request::CallScope& scope = call.context.scope;
  if (scope.cancelled->load() || base::SteadyClock::now() >= scope.deadline) {
    throw ApiError::timeout("Timeout: request did not complete within the allotted timeout");
  }
}

base::Task<void> until_seen(Call& call, storage::Revision revision) {
  if (call.chains.followers == nullptr) co_return;
  base::Executor& loop = call.context.scope.loop;
  const base::OneShot<bool> told(loop);
  if (call.chains.followers->seen(call.id(), revision, [told] { told.set(true); })) co_return;
  const auto timer = loop.post_at(base::SteadyClock::now() + kMaxWaitForModules, [told, &call] {
    if (told.set(false)) {
      log::warn("a module has not taken a change in time", {{"resource", call.resource.name}});
    }
  });
  co_await told;
  loop.cancel_timer(timer);
}

void refuse_write(const Call& call, std::string_view name, const storage::WriteResult& result) {
  switch (result.status) {
    case WriteStatus::already_exists: {
      ApiError error = ApiError::already_exists(call.resource.group, call.resource.name, name);
      if (!result.current) throw error;
      const object::Document current = object::Document::parse(result.current->json);
      if (object::deletion_timestamp(current.root()).empty()) throw error;
      throw ApiError(409, "AlreadyExists", "object is being deleted: " + error.message(),
                     error.details());
    }
    case WriteStatus::not_found:
      throw call.not_found(name);
    case WriteStatus::conflict:
      throw call.conflict(name, kModifiedText);
    case WriteStatus::too_busy:
      throw ApiError::too_many_requests("the server has too many writes waiting", 1);
    case WriteStatus::unknown:
      log::error("an object may or may not have been stored",
                 {{"resource", call.resource.name}, {"name", name}, {"error", result.error}});
      throw unknown_outcome();
    case WriteStatus::ok:
    case WriteStatus::unavailable:
      break;
  }
  log::error("an object could not be stored",
             {{"resource", call.resource.name}, {"name", name}, {"error", result.error}});
  throw store_unavailable();
}

base::Task<storage::ObjectPtr> create_stored(Call& call, Json object, const WriteOptions& options) {
  const catalog::Resource& stored = registry::storage_resource(call.resource);
  if (call.store.shared() && must_confirm_create(call, object, options.dry_run)) {
    co_await confirm(call);
  }
  Admit admit(call, admission::kCreate, "create", object::name(object), call.resource.kind,
              stored.type, create_options(options.document), options.dry_run);
  const Json* applied = object::find(object, {"metadata", "managedFields"});
  const Json owners = options.apply && applied ? *applied : Json();
  registry::wipe_system_fields(object);
  if (options.apply) {
    if (!owners.is_null()) object::metadata(object)["managedFields"] = owners;
  } else {
    const Ownership ownership(call, registry::Part::whole, options);
    ownership.created(object);
  }
  const object::Document none;
  co_await admit.mutate(object, none);
  settle_namespace(call, object);
  if (access::grants_rights(stored)) co_await access::refuse_escalation(call, object, nullptr);
  refuse_revision(object);

  const bool generated = object::name(object).empty() && !object::generate_name(object).empty();
  const int tries = generated ? kNameTries : 1;
  for (int left = tries; left > 0; --left) {
    Json candidate = left > 1 ? object::mutable_copy(object) : std::move(object);
    Creation creation = co_await try_create(call, std::move(candidate), options, admit);
    if (creation.result.status == WriteStatus::ok) {
      if (!options.dry_run) co_await until_seen(call, creation.result.object->revision);
      storage::ObjectPtr created = std::move(creation.result.object);
      if (call.converted) created = co_await as_served(call, std::move(created));
      co_return created;
    }
    if (!generated || creation.result.status != WriteStatus::already_exists) {
      refuse_write(call, creation.name, creation.result);
    }
    if (left == 1) throw no_unique_name(call, creation.name);
  }
  throw ApiError::internal("no name was tried");
}

base::Task<storage::ObjectPtr> modify(Call& call, std::string name, ModifyRules rules,
                                      const WriteOptions& options, Change& change) {
  storage::ObjectPtr current = call.store.get(call.key(name));
  while (true) {
    if (!current) throw call.not_found(name);
    storage::ObjectPtr done = co_await try_modify(call, rules, options, change, current);
    if (done) co_return done;
    check_deadline(call);
  }
}

}  // namespace limen::api
