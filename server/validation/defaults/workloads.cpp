#include "object/metadata.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

std::string_view text(const Members& members, std::string_view key) {
  const Json* value = members.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

void deployment(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "replicas", 1);
  pod_template(*spec);
  if (Members* strategy = object_in(*spec, "strategy")) {
    fill(*strategy, "type", "RollingUpdate");
    if (text(*strategy, "type") == "RollingUpdate") {
      if (Members* rolling = object_in(*strategy, "rollingUpdate")) {
        fill(*rolling, "maxUnavailable", "25%");
        fill(*rolling, "maxSurge", "25%");
      }
    }
  }
  fill(*spec, "revisionHistoryLimit", 10);
  fill(*spec, "progressDeadlineSeconds", 600);
}

void replica_set(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "replicas", 1);
  // A missing template is refused; making one here would hide that.
  if (spec->contains("template")) pod_template(*spec);
}

void stateful_set(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "podManagementPolicy", "OrderedReady");
  if (Members* strategy = object_in(*spec, "updateStrategy")) {
    fill(*strategy, "type", "RollingUpdate");
    if (text(*strategy, "type") == "RollingUpdate") {
      if (Members* rolling = object_in(*strategy, "rollingUpdate")) fill(*rolling, "partition", 0);
    }
  }
  if (Members* retention = object_in(*spec, "persistentVolumeClaimRetentionPolicy")) {
    fill(*retention, "whenDeleted", "Retain");
    fill(*retention, "whenScaled", "Retain");
  }
  fill(*spec, "replicas", 1);
  fill(*spec, "revisionHistoryLimit", 10);
  pod_template(*spec);
  each_object(*spec, "volumeClaimTemplates", [](Members& claim) {
    fill(claim, "apiVersion", "v1");
    fill(claim, "kind", "PersistentVolumeClaim");
    persistent_volume_claim(claim);
    if (Members* status = object_in(claim, "status")) fill(*status, "phase", "Pending");
  });
}

void daemon_set(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  pod_template(*spec);
  if (Members* strategy = object_in(*spec, "updateStrategy")) {
    fill(*strategy, "type", "RollingUpdate");
    if (text(*strategy, "type") == "RollingUpdate") {
      if (Members* rolling = object_in(*strategy, "rollingUpdate")) {
        fill(*rolling, "maxUnavailable", 1);
        fill(*rolling, "maxSurge", 0);
      }
    }
  }
  fill(*spec, "revisionHistoryLimit", 10);
}

// Selector and labels come from the template where the controller states none of its own.
void replication_controller(Members& object) {
  Members* spec = object_in(object, "spec");
  if (!spec) return;
  fill(*spec, "replicas", 1);
  Json* found = spec->if_contains("template");
  if (!found || !found->is_object()) return;
  pod_template(*spec);
  const Json* labels = object::find(*spec->if_contains("template"), {"metadata", "labels"});
  if (!labels || !labels->is_object() || labels->get_object().empty()) return;
  const Json copy = *labels;
  Members* selector = object_in(*spec, "selector");
  if (selector && selector->empty()) (*spec)["selector"] = copy;
  if (Members* metadata = object_in(object, "metadata")) {
    Members* own = object_in(*metadata, "labels");
    if (own && own->empty()) (*metadata)["labels"] = copy;
  }
}

}  // namespace limen::validation::defaults
