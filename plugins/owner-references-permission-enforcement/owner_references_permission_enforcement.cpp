// owner-references-permission-enforcement: whoever names an owner decides when the object goes, and
// may keep the owner itself from going; both need the rights to do so directly
// (OwnerReferencesPermissionEnforcement).
#include <string>
#include <utility>
#include <vector>

#include "common/right_check.h"
#include "limen/cpp/plugin.hpp"

namespace {

using limen::plugins::NeededRight;

limen::Node owners(const limen::Node& object) { return object.at("/metadata/ownerReferences"); }

bool same_owner(const limen::Node& a, const limen::Node& b) {
  return a["uid"].view_or("") == b["uid"].view_or("");
}

bool same_references(const limen::Node& a, const limen::Node& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const limen::Node left = a.item(i), right = b.item(i);
    for (const char* key : {"apiVersion", "kind", "name", "uid"})
      if (left[key].view_or("") != right[key].view_or("")) return false;
    for (const char* key : {"controller", "blockOwnerDeletion"})
      if (left[key].bool_or(false) != right[key].bool_or(false)) return false;
  }
  return true;
}

// The references that newly keep their owner from going.
std::vector<limen::Node> newly_blocking(const limen::Node& now, const limen::Node& before) {
  std::vector<limen::Node> out;
  for (const auto& [key, reference] : now) {
    if (!reference["blockOwnerDeletion"].bool_or(false)) continue;
    bool blocked_before = false;
    for (const auto& [old_key, old] : before) {
      if (same_owner(old, reference) && old["blockOwnerDeletion"].bool_or(false))
        blocked_before = true;
    }
    if (!blocked_before) out.push_back(reference);
  }
  return out;
}

std::pair<std::string, std::string> split(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", std::string(api_version)};
  return {std::string(api_version.substr(0, slash)), std::string(api_version.substr(slash + 1))};
}

class OwnerReferences final : public limen::Admission {
 public:
  explicit OwnerReferences(limen::Host& host) : host_(host) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    // The status of a pod is its kubelet's business, which owns nothing.
    if (call.is("", "pods", "status")) return {};
    const limen::Node now = owners(call.object()), before = owners(call.old_object());
    if (same_references(now, before)) return {};
    std::vector<NeededRight> rights;
    // A new object never was without its owners: nobody loses it to them.
    if (!call.is_create()) rights.push_back(to_delete(call));
    for (const limen::Node& owner : newly_blocking(now, before)) {
      const auto right = to_block(call, owner);
      if (!right.ok()) return call.deny(right.error().message);
      rights.push_back(*right);
    }
    return limen::plugins::RightCheck::run(
        host_, call, std::move(rights), false,
        [](const NeededRight& missing, const limen::AccessAnswer& answer) {
          const std::string error = answer.error.empty() ? "<nil>" : answer.error;
          return missing.refusal + ": " + answer.reason + ", " + error;
        });
  }

 private:
  static NeededRight to_delete(const limen::AdmissionCall& call) {
    const limen::Attributes about = call.attributes();
    return {"delete",
            std::string(about.api_group()),
            std::string(about.resource()),
            std::string(about.subresource()),
            std::string(about.ns()),
            std::string(about.name()),
            "cannot set an ownerRef on a resource you can't delete"};
  }

  limen::Result<NeededRight> to_block(const limen::AdmissionCall& call,
                                      const limen::Node& owner) const {
    const std::string api_version = owner["apiVersion"].string_or("");
    const std::string kind = owner["kind"].string_or("");
    const auto [group, version] = split(api_version);
    const auto found = host_.objects().resource_of(group, version, kind);
    if (!found.ok()) return found.error();
    if (found->name.empty()) {
      return limen::Error{
          "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for "
          "APIVersion " +
              api_version + " Kind " + kind + ": no matches for kind \"" + kind +
              "\" in version \"" + api_version + "\"",
          LIMEN_E_NOT_FOUND};
    }
    return NeededRight{"update",
                       group,
                       found->name,
                       "finalizers",
                       found->namespaced ? std::string(call.attributes().ns()) : std::string(),
                       owner["name"].string_or(""),
                       "cannot set blockOwnerDeletion if an ownerReference refers to a resource "
                       "you can't set finalizers on"};
  }

  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<OwnerReferences>(
    {.id = "owner-references-permission-enforcement",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Lets objects name owners only when the caller may delete them and finalize these.",
     .required = {LIMEN_OBJECTS, LIMEN_ACCESS},
     .operations = limen::kCreate | limen::kUpdate}))
