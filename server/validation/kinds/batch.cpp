// Jobs and cron jobs.
#include "object/metadata.h"
#include "object/selector.h"
#include "validation/kinds/cron.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

using object::find;
using object::member;
using object::text_at;

// A cron job's jobs are named after it with eleven characters more.
constexpr std::size_t kMaxCronJobName = 52;
constexpr std::int64_t kMaxIndexedParallelism = 100'000;

const Json& object_at(const Json& value, std::string_view key) {
  static const Json kNone(boost::json::object_kind);
  const Json* found = member(value, key);
  return found && found->is_object() ? *found : kNone;
}

void check_job_spec(const Json& spec, const FieldPath& path, Causes& causes) {
  for (const std::string_view key :
       {"parallelism", "completions", "backoffLimit", "activeDeadlineSeconds",
        "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"}) {
    check_not_negative(member(spec, key), path.child(key), causes);
  }
  const std::string_view mode = text_at(spec, "completionMode");
  check_enum(mode, {"NonIndexed", "Indexed"}, path.child("completionMode"), false, causes);
  if (mode == "Indexed") {
    if (!has(spec, "completions")) {
      causes.required(path.child("completions"), "when completion mode is Indexed");
    }
    const Json* parallelism = member(spec, "parallelism");
    if (object::int_or(parallelism, 0) > kMaxIndexedParallelism) {
      causes.invalid(path.child("parallelism"), *parallelism,
                     "must be less than or equal to 100000 when completion mode is Indexed");
    }
  }
  const FieldPath pod = path.child("template");
  check_pod_template(member(spec, "template"), pod, causes);
  const std::string_view restart = text(find(spec, {"template", "spec", "restartPolicy"}));
  const FieldPath at = pod.child("spec").child("restartPolicy");
  if (restart.empty() || restart == "Always") {
    causes.required(at, "valid values: \"OnFailure\", \"Never\"");
  } else if (restart != "OnFailure" && restart != "Never") {
    causes.not_supported(at, restart, {"OnFailure", "Never"});
  }
}

void check_job_selector(const Json& spec, Causes& causes) {
  const Json* selector = member(spec, "selector");
  if (!selector || !selector->is_object()) return;
  const FieldPath path = FieldPath("spec").child("selector");
  check_label_selector(selector, path, causes);
  try {
    const Json* labels = find(spec, {"template", "metadata", "labels"});
    if (!object::LabelSelector::from_object(*selector).matches(object::to_labels(labels))) {
      static const Json kNone(boost::json::object_kind);
      causes.invalid(FieldPath("spec").child("template").child("metadata").child("labels"),
                     labels ? *labels : kNone, "`selector` does not match template `labels`");
    }
  } catch (const object::SelectorError&) {
    causes.invalid(path, *selector, "invalid label selector");
  }
}

}  // namespace

object::Problems cron_job_name(std::string_view name) {
  object::Problems out = object::dns1123_subdomain(name);
  if (name.size() > kMaxCronJobName) out.push_back("must be no more than 52 characters");
  return out;
}

void check_job(const Json& object, Causes& causes) {
  const Json& spec = object_at(object, "spec");
  check_job_spec(spec, FieldPath("spec"), causes);
  check_job_selector(spec, causes);
}

void check_job_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = object_at(object, "spec");
  const Json& before = object_at(old, "spec");
  const FieldPath path("spec");
  // While suspended and not started, a job's pods may still be placed elsewhere.
  const bool suspended = is_true(member(before, "suspend")) && !find(old, {"status", "startTime"});
  for (const std::string_view key : {"selector", "completionMode", "podFailurePolicy",
                                     "backoffLimitPerIndex", "managedBy", "successPolicy"}) {
    check_immutable(member(now, key), member(before, key), path.child(key), causes);
  }
  if (text_at(now, "completionMode") != "Indexed") {
    check_immutable(member(now, "completions"), member(before, "completions"),
                    path.child("completions"), causes);
  }
  if (!suspended) {
    check_immutable(member(now, "template"), member(before, "template"), path.child("template"),
                    causes);
  }
}

void check_cron_job(const Json& object, Causes& causes) {
  const Json& spec = object_at(object, "spec");
  const FieldPath path("spec");
  const std::string_view schedule = text_at(spec, "schedule");
  if (schedule.empty()) {
    causes.required(path.child("schedule"));
  } else if (const std::string problem = cron_problem(schedule); !problem.empty()) {
    causes.invalid(path.child("schedule"), schedule, problem);
  } else if (schedule.find("TZ=") != std::string_view::npos) {
    causes.invalid(path.child("schedule"), schedule,
                   "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
  for (const std::string_view key :
       {"startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"}) {
    check_not_negative(member(spec, key), path.child(key), causes);
  }
  check_enum(text_at(spec, "concurrencyPolicy"), {"Allow", "Forbid", "Replace"},
             path.child("concurrencyPolicy"), false, causes);
  check_job_spec(object_at(object_at(spec, "jobTemplate"), "spec"),
                 path.child("jobTemplate").child("spec"), causes);
}

}  // namespace limen::validation::kinds
