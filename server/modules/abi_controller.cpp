#include "modules/abi_controller.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "modules/host_scope.h"
#include "modules/inputs.h"
#include "modules/nodes.h"
#include "modules/patch.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

limen_status call_admit(const ModuleInstance& instance, limen_call* call,
                        const void* input) noexcept {
  return static_cast<const limen_admission*>(instance.table())
      ->admit(instance.plugin(), call, static_cast<const limen_admission_input*>(input),
              &admission_reply_table(true));
}

limen_status call_validate(const ModuleInstance& instance, limen_call* call,
                           const void* input) noexcept {
  return static_cast<const limen_admission*>(instance.table())
      ->validate(instance.plugin(), call, static_cast<const limen_admission_input*>(input),
                 &admission_reply_table(false));
}

const limen_admission_input* make_input(Call& call, const admission::Review& review) {
  static const authz::Attributes nothing;
  call.documents[0] = review.object;
  call.documents[1] = review.old_object;
  call.documents[2] = review.options;
  auto* out = call.inputs.array<limen_admission_input>(1);
  call.authorizers = review.authorizers;
  call.versions = review.versions;
  out->struct_size = sizeof(limen_admission_input);
  out->operation = review.operation;
  out->attributes =
      make_attributes(call.inputs, review.attributes == nullptr ? nothing : *review.attributes);
  out->kind = call.inputs.copy(review.kind);
  out->object = root_node(call.documents[0]);
  out->old_object = root_node(call.documents[1]);
  out->options = root_node(call.documents[2]);
  out->dry_run = review.dry_run ? 1 : 0;
  out->reinvocation = review.reinvocation ? 1 : 0;
  out->comes_again = review.comes_again ? 1 : 0;
  out->write = review.write;
  return out;
}

// Who is asked again in the second round, or about a write that is tried again, says nothing twice.
void warn(request::CallScope& scope, std::string text) {
  auto& all = scope.warnings;
  if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(std::move(text));
}

// A key with a slash says itself whose it is (pod-security.kubernetes.io/enforce-policy); any other
// is put behind the instance's name. Who annotates first is right, as in kube-apiserver.
void annotate(request::CallScope& scope, const std::string& module, const std::string& key,
              std::string value) {
  std::string full = key.find('/') == std::string::npos ? module + "/" + key : key;
  for (const auto& [known, first] : scope.annotations) {
    if (known != full) continue;
    if (first != value) {
      log::warn("an audit annotation is set already; the later value is left out",
                {{"module", module}, {"key", full}});
    }
    return;
  }
  scope.annotations.emplace_back(std::move(full), std::move(value));
}

// The first failure stands for all: a delete of a collection asks about each of thousands.
void note_failure(request::CallScope& scope, std::string key, std::string error) {
  const auto& all = scope.annotations;
  const bool noted =
      std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.first == key; });
  if (!noted) scope.annotations.emplace_back(std::move(key), std::move(error));
}

// What a module refused before its time was over, whatever became of it afterwards. Shared with its
// call, which outlives the wait for it. Any thread.
class Stated final : public admission::RefusalListener {
 public:
  explicit Stated(base::Deadline deadline) : deadline_(deadline) {}

  void refused(const admission::Result& refusal) override {
    if (base::SteadyClock::now() > deadline_) return;
    const std::lock_guard lock(mutex_);
    refusal_ = refusal;
  }
  std::optional<admission::Result> get() const {
    const std::lock_guard lock(mutex_);
    return refusal_;
  }

 private:
  const base::Deadline deadline_;
  mutable std::mutex mutex_;
  std::optional<admission::Result> refusal_;
};

}  // namespace

AbiController::AbiController(std::shared_ptr<ModuleInstance> instance)
    : instance_(std::move(instance)),
      table_(*static_cast<const limen_admission*>(instance_->table())) {}

bool AbiController::handles(admission::Operation operation) const {
  return (table_.operations & operation) != 0;
}

admission::Result AbiController::failed(std::string error, request::CallScope& scope) const {
  admission::Result result;
  if (instance_->spec().failure_policy == FailurePolicy::ignore) {
    log::warn("admission module failed; its failure policy lets the object pass",
              {{"name", name()}, {"error", error}});
    note_failure(scope, name() + "/failed-open", std::move(error));
    result.allowed = true;
    return result;
  }
  result.error = std::move(error);
  return result;
}

admission::Result AbiController::take_result(Call& call, const admission::Review& review,
                                             request::CallScope& scope, const CallTime& time) {
  std::string error = instance_->error_of(call);
  if (error.empty() && call.status == LIMEN_NO_OPINION) {
    error = "the module broke its contract: it answered with LIMEN_NO_OPINION";
  }
  AdmissionReply& reply = call.admission;
  admission::Result result;
  if (error.empty() && !reply.denied && call.kind == CallKind::admit) {
    try {
      result.changed = apply_edits(review.object, reply.edits);
    } catch (const PatchRefused& refused) {
      error = refused.what();
    }
  }
  for (std::string& warning : reply.warnings) warn(scope, std::move(warning));
  if (!error.empty()) {
    instance_->record(Outcome::error, time);
    // Who has refused admits nothing, whatever went wrong with the rest of the reply.
    if (reply.denied && instance_->spec().failure_policy == FailurePolicy::ignore) {
      log::warn("admission module failed after its refusal, which stands",
                {{"name", name()}, {"error", error}});
      return refusal_of(reply);
    }
    return failed(std::move(error), scope);
  }
  for (auto& [key, value] : reply.annotations) annotate(scope, name(), key, std::move(value));
  instance_->record(reply.denied ? Outcome::no : Outcome::yes, time);
  if (reply.denied) return refusal_of(reply);
  result.allowed = true;
  return result;
}

base::Task<admission::Result> AbiController::review(const admission::Review& review,
                                                    request::CallScope& scope, CallKind kind) {
  const base::Deadline began = base::SteadyClock::now();
  CallLease call = instance_->open(kind, scope, began);
  if (!call) {
    instance_->record(Outcome::refused, {began, began});
    co_return failed(call.refusal(), scope);
  }
  const limen_admission_input* input = make_input(*call, review);
  call->loop = &scope.loop;
  // Where a failure refuses anyway there is nothing to keep.
  std::shared_ptr<Stated> stated;
  if (instance_->spec().failure_policy == FailurePolicy::ignore) {
    stated = std::make_shared<Stated>(call->deadline());
    call->refusals = stated;
  } else {
    call->refusals = review.refusals;
  }
  const ModuleInstance::Invoke function = kind == CallKind::admit ? call_admit : call_validate;
  const bool here = instance_->call_here(*call, function, input);
  Ended ended = Ended::completed;
  if (!here) ended = co_await instance_->wait_for(*call, scope, function, input);
  const CallTime time{began, base::SteadyClock::now()};
  if (instance_->settle(call, ended, here, time)) co_return take_result(*call, review, scope, time);
  if (std::optional<admission::Result> refusal = stated ? stated->get() : std::nullopt) {
    log::warn("admission module did not end after its refusal, which stands",
              {{"name", name()}, {"error", instance_->deadline_error()}});
    co_return std::move(*refusal);
  }
  co_return failed(instance_->deadline_error(), scope);
}

base::Task<admission::Result> AbiController::admit(const admission::Review& subject,
                                                   request::CallScope& scope) {
  return review(subject, scope, CallKind::admit);
}

base::Task<admission::Result> AbiController::validate(const admission::Review& subject,
                                                      request::CallScope& scope) {
  return review(subject, scope, CallKind::validate);
}

}  // namespace limen::modules
