// Strategies of CustomResourceDefinitions and of the kinds they define.
#include "registry/strategies/custom.h"

#include <algorithm>
#include <string>

#include "base/strings.h"
#include "object/metadata.h"
#include "validation/definition_facts.h"

namespace limen::registry {

namespace {

using object::Json;

std::string_view storage_version(const Json& definition) {
  const Json* versions = object::find(definition, {"spec", "versions"});
  if (!versions || !versions->is_array()) return {};
  for (const Json& version : versions->get_array()) {
    const Json* storage = object::member(version, "storage");
    if (storage && storage->is_bool() && storage->get_bool()) {
      return object::text_at(version, "name");
    }
  }
  return {};
}

// Objects may be stored in this version from now on, and stay so until somebody has seen to it.
void note_stored_version(Json& definition) {
  const std::string_view version = storage_version(definition);
  if (version.empty()) return;
  boost::json::object& status = object::object_at(definition, "status");
  Json& stored = status["storedVersions"];
  if (!stored.is_array()) stored.emplace_array();
  boost::json::array& list = stored.get_array();
  const bool has = std::any_of(list.begin(), list.end(), [&](const Json& one) {
    return one.is_string() && std::string_view(one.get_string()) == version;
  });
  if (!has) list.emplace_back(boost::json::string_view(version.data(), version.size()));
}

}  // namespace

void prepare_definition_create(Json& definition, const request::Identity&) {
  note_stored_version(definition);
}

void prepare_definition_update(Json& definition, const Json&) { note_stored_version(definition); }

const Strategy& custom_strategy() {
  static constexpr Strategy kCustom{.unconditional_update = false,
                                    .counts_generation = true,
                                    .status_keeps_metadata = true,
                                    .initial_status = ""};
  return kCustom;
}

void set_condition(Json& definition, std::string_view type, bool status, std::string_view reason,
                   std::string_view message, std::string_view now) {
  boost::json::object& all = object::object_at(definition, "status");
  Json& conditions = all["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  const std::string_view wanted = status ? "True" : "False";
  boost::json::object* found = nullptr;
  for (Json& one : conditions.get_array()) {
    if (one.is_object() && object::text_at(one, "type") == type) found = &one.get_object();
  }
  if (!found) {
    conditions.get_array().emplace_back(boost::json::object());
    found = &conditions.get_array().back().get_object();
    (*found)["lastTransitionTime"] = now;
  }
  const Json* before = found->if_contains("status");
  if (before && before->is_string() && std::string_view(before->get_string()) != wanted) {
    (*found)["lastTransitionTime"] = now;
  }
  (*found)["message"] = message;
  (*found)["reason"] = reason;
  (*found)["status"] = wanted;
  (*found)["type"] = type;
}

std::optional<ApprovalCondition> approval_condition(const Json& definition) {
  using validation::Approval;
  const Json* group = object::find(definition, {"spec", "group"});
  if (!group || !group->is_string() ||
      !validation::is_protected_group(std::string_view(group->get_string()))) {
    return std::nullopt;
  }
  const Json* value =
      object::find(definition, {"metadata", "annotations", validation::kApprovalAnnotation});
  const std::string_view text =
      value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
  const Approval approval = validation::approval_of(definition);
  switch (approval) {
    case Approval::approved:
      return ApprovalCondition{true, "ApprovedAnnotation", "approved in " + std::string(text)};
    case Approval::bypassed:
      return ApprovalCondition{false, "UnapprovedAnnotation",
                               "not approved: " + base::go_quote(text)};
    case Approval::missing:
      return ApprovalCondition{false, "MissingAnnotation", validation::approval_text(approval)};
    case Approval::invalid:
      break;
  }
  return ApprovalCondition{false, "InvalidAnnotation", validation::approval_text(approval)};
}

bool has_bad_bundle(const Json& definition) {
  const Json* bundle =
      object::find(definition, {"spec", "conversion", "webhook", "clientConfig", "caBundle"});
  const std::string_view text =
      bundle && bundle->is_string() ? std::string_view(bundle->get_string()) : std::string_view();
  return !text.empty() && !validation::is_ca_bundle(text);
}

bool mark_definition_deleted(Json& definition, std::string_view now) {
  if (!object::deletion_timestamp(definition).empty()) return false;
  object::set_metadata(definition, "deletionTimestamp", now);
  std::vector<std::string> finalizers = object::finalizers(definition);
  if (std::find(finalizers.begin(), finalizers.end(), kCleanupFinalizer) == finalizers.end()) {
    finalizers.emplace_back(kCleanupFinalizer);
    object::set_finalizers(definition, finalizers);
  }
  set_condition(definition, "Terminating", true, "InstanceDeletionPending",
                "CustomResourceDefinition marked for deletion; CustomResource deletion will begin "
                "soon",
                now);
  return true;
}

}  // namespace limen::registry
