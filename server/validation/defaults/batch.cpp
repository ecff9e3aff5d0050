#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

constexpr int kUnlimitedRetries = 2147483647;

bool present(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && !value->is_null();
}

// A rule about a condition means that it holds.
void failure_policy(Members& spec) {
  Json* policy = spec.if_contains("podFailurePolicy");
  if (!policy || !policy->is_object()) return;
  each_object(policy->get_object(), "rules", [](Members& rule) {
    each_object(rule, "onPodConditions", [](Members& each) { fill(each, "status", "True"); });
  });
}

}  // namespace

void job(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  pod_template(*spec);
  failure_policy(*spec);
  // A job that says nothing runs one pod once; one that says how many run at a time may end when
  // any succeeds, so it gets no number of completions.
  if (!present(*spec, "completions") && !present(*spec, "parallelism")) {
    (*spec)["completions"] = 1;
  }
  fill(*spec, "parallelism", 1);
  fill(*spec, "backoffLimit", present(*spec, "backoffLimitPerIndex") ? kUnlimitedRetries : 6);
  fill(*spec, "completionMode", "NonIndexed");
  fill(*spec, "suspend", false);
  fill(*spec, "manualSelector", false);
  fill(*spec, "podReplacementPolicy",
       present(*spec, "podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
  const Json* labels = object::find(*spec->if_contains("template"), {"metadata", "labels"});
  if (labels && labels->is_object() && !labels->get_object().empty()) {
    if (Members* metadata = object_in(object, "metadata")) fill(*metadata, "labels", *labels);
  }
}

void cron_job(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "concurrencyPolicy", "Allow");
  fill(*spec, "suspend", false);
  fill(*spec, "successfulJobsHistoryLimit", 3);
  fill(*spec, "failedJobsHistoryLimit", 1);
  Members* job_template = object_in(*spec, "jobTemplate");
  if (!job_template) return;
  object_in(*job_template, "metadata");
  if (Members* job_spec = object_in(*job_template, "spec")) {
    pod_template(*job_spec);
    failure_policy(*job_spec);
  }
}

}  // namespace limen::validation::defaults
