#include "registry/webhook_conversion.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/conversion_review.h"
#include "registry/json_scan.h"
#include "storage/stored_object.h"
#include "validation/custom/objects.h"

namespace limen::registry {

namespace {

using base::ApiError;
using object::Json;

// The object in the form a webhook gets it: of the schema of its own version, with its defaults.
Json shown_in_own_version(Json object, const catalog::CustomDefinition& definition) {
  const object::GroupVersionParts parts = object::split_api_version(object::api_version(object));
  if (const catalog::CustomKind* own = definition.kind_of(parts.version)) {
    validation::adopt_custom(object, *own);
  }
  return object;
}

storage::ObjectPtr as_object(const Json& object, const storage::StoredObject& from) {
  storage::Draft draft = storage::prepare(from.ns, from.name, object::canonical(object));
  if (!draft) throw ApiError::internal("a converted object cannot be read");
  return storage::finish(std::move(draft), from.revision, from.create_revision);
}

}  // namespace

std::string_view stored_api_version(const storage::StoredObject& object) {
  std::string_view text = scan(object.json, {"apiVersion"});
  if (text.size() >= 2) text = text.substr(1, text.size() - 2);  // versions have no escapes
  return text;
}

// What one worker does: objects that are to become others, all of one question.
class Conversions::Batch {
 public:
  Batch(const Scope& scope, const catalog::CustomKind& target)
      : held_(scope.held),
        target_(target),
        wanted_(object::group_version(target.resource.group, target.resource.version)),
        deadline_(std::min(scope.deadline, base::Deadline(base::SteadyClock::now() + kTimeLimit))),
        cancelled_(scope.cancelled) {}

  // The result of `from` goes to `*to`.
  void add(storage::ObjectPtr from, storage::ObjectPtr* to) {
    bytes_ += from->json.size();
    stored_.emplace_back(std::move(from), to);
  }
  void add(Json from, Json* to) {
    free_ = std::move(from);
    free_to_ = to;
  }
  bool empty() const { return stored_.empty() && free_to_ == nullptr; }
  bool full() const { return stored_.size() >= kBatchObjects || bytes_ >= kBatchBytes; }

  void ask(WebhookClient& client) {
    const catalog::CustomDefinition& definition = *target_.definition;
    std::vector<Json> objects;
    for (const auto& [from, to] : stored_) {
      Json object = object::mutable_copy(object::Document::parse(from->json).root());
      objects.push_back(shown_in_own_version(std::move(object), definition));
    }
    if (free_to_) objects.push_back(std::move(free_));
    ConversionReview review(*definition.webhook(), wanted_, std::move(objects));
    const WebhookCall call{*definition.webhook(), review.question(), kMaxAnswerBytes, deadline_,
                           [cancelled = cancelled_] { return cancelled && cancelled->load(); }};
    std::vector<Json> made = review.result_of(client.ask(call));
    // What the version's schema does not know is no part of the object.
    for (Json& object : made) {
      if (!target_.any_fields) validation::prune_custom(object, target_);
    }
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      *stored_[i].second = as_object(made[i], *stored_[i].first);
    }
    if (free_to_) *free_to_ = std::move(made.back());
  }

 private:
  const std::shared_ptr<const void> held_;
  const catalog::CustomKind& target_;
  const std::string wanted_;
  const base::Deadline deadline_;
  const std::shared_ptr<std::atomic<bool>> cancelled_;
  std::vector<std::pair<storage::ObjectPtr, storage::ObjectPtr*>> stored_;
  std::size_t bytes_ = 0;
  Json free_;
  Json* free_to_ = nullptr;
};

// The frame that awaits this holds what the batch writes to.
base::Task<void> Conversions::run(const Scope& scope, std::shared_ptr<Batch> batch) {
  const base::OneShot<std::exception_ptr> done(scope.loop);
  WebhookClient& client = client_;
  const bool taken = workers_.submit([done, batch, &client](bool cancelled) {
    std::exception_ptr error;
    try {
      if (cancelled) throw ApiError::service_unavailable("the server is shutting down");
      batch->ask(client);
    } catch (...) {
      error = std::current_exception();
    }
    done.set(std::move(error));
  });
  if (!taken) throw ApiError::too_many_requests("too many conversions wait for webhooks", 1);
  const std::exception_ptr error = co_await done;
  if (error) std::rethrow_exception(error);
}

base::Task<std::vector<storage::ObjectPtr>> Conversions::stored(
    Scope scope, std::string version, std::vector<storage::ObjectPtr> objects) {
  const catalog::CustomKind* target = scope.kind.definition->kind_of(version);
  if (!target) throw ApiError::internal("no version " + base::go_quote(version) + " is known");
  const std::string wanted =
      object::group_version(target->resource.group, target->resource.version);
  auto batch = std::make_shared<Batch>(scope, *target);
  for (storage::ObjectPtr& object : objects) {
    if (!object || stored_api_version(*object) == wanted) continue;
    batch->add(object, &object);
    if (!batch->full()) continue;
    std::shared_ptr<Batch> full = std::make_shared<Batch>(scope, *target);
    full.swap(batch);
    co_await run(scope, std::move(full));
  }
  if (!batch->empty()) co_await run(scope, std::move(batch));
  co_return objects;
}

base::Task<Json> Conversions::one(Scope scope, std::string version, Json object) {
  const catalog::CustomKind* target = scope.kind.definition->kind_of(version);
  if (!target) throw ApiError::internal("no version " + base::go_quote(version) + " is known");
  const std::string wanted =
      object::group_version(target->resource.group, target->resource.version);
  if (object::api_version(object) == wanted) co_return object;
  Json made;
  auto batch = std::make_shared<Batch>(scope, *target);
  batch->add(std::move(object), &made);
  co_await run(scope, std::move(batch));
  co_return made;
}

}  // namespace limen::registry
