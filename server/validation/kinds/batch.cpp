// Jobs and cron jobs.
#include <filesystem>

#include "base/strings.h"
#include "object/decode.h"
#include "validation/kinds/cron.h"
#include "validation/kinds/job_policies.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

// A cron job's jobs are named after it with eleven characters more.
constexpr std::size_t kMaxCronJobName = 52;
constexpr std::size_t kMaxManagedBy = 63;
constexpr std::int64_t kMaxIndexed = 100'000;
constexpr std::int64_t kMaxOfMany = 10'000;  // where there are more completions than kMaxIndexed

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

bool is_set(const Json& value, std::string_view key) { return has(value, key); }

void check_at_most(const Json& spec, std::string_view key, std::int64_t most,
                   const std::string& tail, const FieldPath& path, Causes& causes) {
  if (number_at(spec, key) > most) {
    causes.invalid(path.child(key), or_null(member(spec, key)),
                   "must be less than or equal to " + std::to_string(most) + tail);
  }
}

void check_indexed(const Json& spec, const FieldPath& path, Causes& causes) {
  const bool counted = is_set(spec, "completions");
  const bool limited = is_set(spec, "maxFailedIndexes");
  if (!counted) causes.required(path.child("completions"), "when completion mode is Indexed");
  check_at_most(spec, "parallelism", kMaxIndexed, " when completion mode is Indexed", path, causes);
  if (counted && limited && number_at(spec, "maxFailedIndexes") > number_at(spec, "completions")) {
    causes.invalid(path.child("maxFailedIndexes"), or_null(member(spec, "maxFailedIndexes")),
                   "must be less than or equal to completions");
  }
  check_at_most(spec, "maxFailedIndexes", kMaxIndexed, "", path, causes);
  if (number_at(spec, "completions") <= kMaxIndexed || !is_set(spec, "backoffLimitPerIndex")) {
    return;
  }
  constexpr std::string_view kTail =
      " when completions are above 100000 and used with backoff limit per index";
  if (!limited) {
    causes.required(path.child("maxFailedIndexes"),
                    "must be specified when completions is above 100000");
  }
  check_at_most(spec, "parallelism", kMaxOfMany, std::string(kTail), path, causes);
  check_at_most(spec, "maxFailedIndexes", kMaxOfMany, std::string(kTail), path, causes);
}

void check_completion_mode(const Json& spec, const FieldPath& path, Causes& causes) {
  const std::string_view mode = text_at(spec, "completionMode");
  if (is_set(spec, "completionMode")) {
    check_one_of(mode, {"NonIndexed", "Indexed"}, path.child("completionMode"), causes);
  }
  if (mode == "Indexed") return check_indexed(spec, path, causes);
  if (is_set(spec, "completionMode") && mode != "NonIndexed") return;
  for (const std::string_view key : {"backoffLimitPerIndex", "maxFailedIndexes"}) {
    if (is_set(spec, key)) {
      causes.invalid(path.child(key), or_null(member(spec, key)),
                     "requires indexed completion mode");
    }
  }
}

void check_job_restart(const Json& spec, const FieldPath& path, Causes& causes) {
  const std::string_view restart = text(find(spec, {"template", "spec", "restartPolicy"}));
  const FieldPath at = path.child("template").child("spec").child("restartPolicy");
  if (restart.empty() || restart == "Always") {
    causes.required(at, "valid values: \"OnFailure\", \"Never\"");
  } else if (restart != "OnFailure" && restart != "Never") {
    causes.not_supported(at, restart, {"OnFailure", "Never"});
  } else if (is_set(spec, "podFailurePolicy") && restart != "Never") {
    causes.invalid(at, restart, "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

void check_job_spec(const Json& spec, const FieldPath& path, Causes& causes) {
  check_counts(spec,
               {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
                "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"},
               path, causes);
  if (is_set(spec, "maxFailedIndexes") && !is_set(spec, "backoffLimitPerIndex")) {
    causes.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
  }
  if (is_set(spec, "managedBy")) {
    const std::string_view by = text_at(spec, "managedBy");
    check_domain_prefixed_path(by, path.child("managedBy"), causes);
    if (by.size() > kMaxManagedBy) causes.too_long(path.child("managedBy"), kMaxManagedBy);
  }
  check_completion_mode(spec, path, causes);
  check_pod_failure_policy(spec, path, causes);
  check_success_policy(spec, path, causes);
  if (is_set(spec, "podReplacementPolicy")) {
    const std::string_view policy = text_at(spec, "podReplacementPolicy");
    const FieldPath at = path.child("podReplacementPolicy");
    if (is_set(spec, "podFailurePolicy")) {
      check_one_of(policy, {"Failed"}, at, causes);
    } else {
      check_one_of(policy, {"Failed", "TerminatingOrFailed"}, at, causes);
    }
  }
  check_pod_template(member(spec, "template"), {}, path.child("template"), causes);
  check_job_restart(spec, path, causes);
}

// A job's pods are told apart by its uid, unless its owner chose a selector.
void check_generated_selector(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  if (is_true(member(spec, "manualSelector")) || !is_set(spec, "selector")) return;
  const Json* labels = find(spec, {"template", "metadata", "labels"});
  const FieldPath path = spec_path().child("template").child("metadata").child("labels");
  const auto must_be = [&](std::string_view key, std::string_view wanted) {
    const Json* value = members(labels).if_contains(key);
    const std::string detail = "must be '" + std::string(wanted) + "'";
    if (!value) {
      causes.required(path.key(key), detail);
    } else if (text(value) != wanted) {
      causes.invalid(path.key(key), *labels, detail);
    }
  };
  must_be("controller-uid", object::uid(object));
  must_be("job-name", object::name(object));
  must_be("batch.kubernetes.io/controller-uid", object::uid(object));
  must_be("batch.kubernetes.io/job-name", object::name(object));
}

void check_job_selector(const Json& spec, Causes& causes) {
  const Json* selector = member(spec, "selector");
  const FieldPath selector_path = spec_path().child("selector");
  if (!selector || !selector->is_object()) causes.required(selector_path);
  check_label_selector(selector, selector_path, causes);
  check_template_labels(spec, causes);
}

// Where a suspended job's pods run may still be decided.
Json without_placement(const Json& pod_template) {
  Json out = object::mutable_copy(pod_template);
  if (Json* metadata = member(out, "metadata"); metadata && metadata->is_object()) {
    metadata->get_object().erase("annotations");
    metadata->get_object().erase("labels");
  }
  Json* spec = member(out, "spec");
  if (!spec || !spec->is_object()) return out;
  boost::json::object& pod = spec->get_object();
  for (const std::string_view key : {"nodeSelector", "tolerations", "schedulingGates"}) {
    pod.erase(key);
  }
  if (Json* affinity = member(*spec, "affinity"); affinity && affinity->is_object()) {
    affinity->get_object().erase("nodeAffinity");
    if (affinity->get_object().empty()) pod.erase("affinity");
  }
  return out;
}

void check_template_stays(const Json& now, const Json& old, Causes& causes) {
  const Json& after = object_at(now, "template");
  const Json& before = object_at(spec_of(old), "template");
  const bool free = is_true(member(spec_of(old), "suspend")) && !find(old, {"status", "startTime"});
  const bool stays = free ? without_placement(after) == without_placement(before) : after == before;
  if (!stays) causes.invalid(spec_path().child("template"), after, kImmutable);
}

void check_completions_stay(const Json& now, const Json& before, Causes& causes) {
  const Json* completions = member(now, "completions");
  const FieldPath path = spec_path().child("completions");
  if (text_at(now, "completionMode") != "Indexed") {
    return check_immutable(completions, member(before, "completions"), path, causes);
  }
  if (same(completions, member(before, "completions")) || !completions) return;
  if (!same(completions, member(now, "parallelism"))) {
    causes.invalid(path, *completions, "can only be modified in tandem with spec.parallelism");
  }
}

bool is_zone_part(std::string_view part) {
  constexpr std::size_t kMaxPart = 14;
  if (part.empty() || part.size() > kMaxPart || part == "." || part == "..") return false;
  if (part.starts_with('-')) return false;
  for (const char c : part) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '-' || c == '_' || c == '+';
    if (!plain) return false;
  }
  return true;
}

void check_time_zone(const Json& spec, Causes& causes) {
  if (!is_set(spec, "timeZone")) return;
  const std::string_view zone = text_at(spec, "timeZone");
  const FieldPath path = spec_path().child("timeZone");
  if (zone.empty()) {
    return causes.invalid(path, zone, "timeZone must be nil or non-empty string");
  }
  const std::string unknown = "unknown time zone " + std::string(zone);
  for (const std::string_view part : base::split(zone, '/')) {
    if (!is_zone_part(part)) return causes.invalid(path, zone, unknown);
  }
  if (base::iequals(zone, "Local")) {
    return causes.invalid(path, zone,
                          "timeZone must be an explicit time zone as defined in "
                          "https://www.iana.org/time-zones");
  }
  if (zone == "UTC") return;
  // Without a time zone database nothing can be said.
  const std::filesystem::path zones("/usr/share/zoneinfo");
  std::error_code ignored;
  if (!std::filesystem::exists(zones / "UTC", ignored)) return;
  if (!std::filesystem::is_regular_file(zones / std::string(zone), ignored)) {
    causes.invalid(path, zone, unknown);
  }
}

void check_schedule(const Json& spec, Causes& causes) {
  const std::string_view schedule = text_at(spec, "schedule");
  const FieldPath path = spec_path().child("schedule");
  if (schedule.empty()) return causes.required(path);
  const std::string problem = cron_problem(schedule);
  if (!problem.empty()) causes.invalid(path, schedule, problem);
  if (schedule.find("TZ") != std::string_view::npos) {
    causes.invalid(path, schedule,
                   "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  }
}

bool is_true_condition(const Json& object, std::string_view type) {
  for (const Json& condition : elements(find(object, {"status", "conditions"}))) {
    if (text_at(condition, "type") == type && text_at(condition, "status") == "True") return true;
  }
  return false;
}

// What can be said of a job's end: one end, with its times, once.
void check_job_end(const Json& object, const Json& old, const FieldPath& path, Causes& causes) {
  const Json& status = status_of(object);
  const FieldPath conditions = path.child("conditions");
  const bool complete = is_true_condition(object, "Complete");
  const bool failed = is_true_condition(object, "Failed");
  if (complete && failed) {
    causes.invalid_hidden(conditions, "cannot set Complete=True and Failed=true conditions");
  }
  if (complete && is_true_condition(object, "FailureTarget")) {
    causes.invalid_hidden(conditions, "cannot set Complete=True and FailureTarget=true conditions");
  }
  const Json* ended = member(status, "completionTime");
  if (ended && !ended->is_null() && !complete) {
    causes.invalid(path.child("completionTime"), *ended,
                   "cannot set completionTime when there is no Complete=True condition");
  }
  if (complete && !is_set(status, "completionTime")) {
    causes.required(path.child("completionTime"), "completionTime is required for Complete jobs");
  }
  if (failed && !is_true_condition(object, "FailureTarget")) {
    causes.invalid_hidden(
        conditions, "cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (complete && !is_true_condition(object, "SuccessCriteriaMet")) {
    causes.invalid_hidden(
        conditions,
        "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
  if ((complete || failed) && number_at(status, "active") > 0) {
    causes.invalid(path.child("active"), or_null(member(status, "active")),
                   "active>0 is invalid for finished job");
  }
  if ((complete || failed) && !is_set(status, "startTime")) {
    causes.required(path.child("startTime"), "startTime is required for finished job");
  }
  for (const std::string_view type : {"Failed", "Complete", "FailureTarget"}) {
    if (is_true_condition(old, type) && !is_true_condition(object, type)) {
      causes.invalid_hidden(conditions,
                            "cannot disable the terminal " + std::string(type) + "=True condition");
    }
  }
}

}  // namespace

void check_job(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_job_spec(spec, spec_path(), causes);
  check_job_selector(spec, causes);
}

void check_job_create(const Json& object, Causes& causes) {
  check_generated_selector(object, causes);
  const Json& spec = spec_of(object);
  const std::int64_t completions = number_at(spec, "completions");
  if (text_at(spec, "completionMode") != "Indexed" || completions <= 0) return;
  // Pods are named after the job and their index.
  const std::string_view name = object::name(object);
  const std::string last = std::string(name) + "-" + std::to_string(completions - 1);
  if (!object::dns1123_label(last).empty()) {
    causes.invalid(FieldPath("metadata.name"), name,
                   "will not able to create pod with invalid DNS label: " + last);
  }
}

void check_job_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  check_completions_stay(now, before, causes);
  check_immutable(member(now, "selector"), member(before, "selector"),
                  spec_path().child("selector"), causes);
  check_template_stays(now, old, causes);
  for (const std::string_view key : {"completionMode", "podFailurePolicy", "backoffLimitPerIndex",
                                     "managedBy", "successPolicy"}) {
    check_immutable(member(now, key), member(before, key), spec_path().child(key), causes);
  }
}

void check_job_status(const Json& object, const Json& old, Causes& causes) {
  const FieldPath path("status");
  const Json& status = status_of(object);
  check_counts(status, {"active", "succeeded", "failed", "ready", "terminating"}, path, causes);
  // What has been said already may be said again.
  bool changed = false;
  for (const std::string_view key : {"conditions", "completionTime", "startTime", "active"}) {
    changed = changed || !same(member(status, key), member(status_of(old), key));
  }
  if (changed) check_job_end(object, old, path, causes);
  if (number_at(status, "ready") > number_at(status, "active")) {
    causes.invalid(path.child("ready"), or_null(member(status, "ready")),
                   "cannot set more ready pods than active");
  }
  // A job that can be made smaller may count fewer successes.
  const Json& spec = spec_of(object);
  const bool elastic = text_at(spec, "completionMode") == "Indexed" &&
                       same(member(spec, "completions"), member(spec, "parallelism"));
  for (const std::string_view key : {"failed", "succeeded"}) {
    if (key == "succeeded" && elastic) continue;
    if (number_at(status, key) < number_at(status_of(old), key)) {
      causes.invalid(path.child(key), Json(number_at(status, key)),
                     "cannot decrease the " + std::string(key) + " counter");
    }
  }
}

void check_cron_job(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_schedule(spec, causes);
  check_counts(spec, {"startingDeadlineSeconds"}, spec_path(), causes);
  check_time_zone(spec, causes);
  check_enum(text_at(spec, "concurrencyPolicy"), {"Allow", "Forbid", "Replace"},
             spec_path().child("concurrencyPolicy"), true, causes);
  const Json& job = spec_of(object_at(spec, "jobTemplate"));
  const FieldPath path = spec_path().child("jobTemplate").child("spec");
  check_job_spec(job, path, causes);
  if (is_set(job, "selector")) {
    causes.invalid(path.child("selector"), or_null(member(job, "selector")),
                   "`selector` will be auto-generated");
  }
  if (is_true(member(job, "manualSelector"))) {
    causes.not_supported(path.child("manualSelector"), Json(true), {"nil", "false"});
  }
  check_counts(spec, {"successfulJobsHistoryLimit", "failedJobsHistoryLimit"}, spec_path(), causes);
}

void check_cron_job_create(const Json& object, Causes& causes) {
  const std::string_view name = object::name(object);
  if (name.size() > kMaxCronJobName) {
    causes.invalid(FieldPath("metadata.name"), name, "must be no more than 52 characters");
  }
}

}  // namespace limen::validation::kinds
