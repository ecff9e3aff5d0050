// resource-quota: a namespace uses no more than its ResourceQuotas allow (ResourceQuota).
#include "accounts.h"
#include "judgement.h"
#include "limen/cpp/plugin.hpp"
#include "limited.h"

namespace {

constexpr const char* kSchema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "apiVersion": {"type": "string"}, "kind": {"type": "string"},
    "limitedResources": {
      "type": "array",
      "items": {
        "type": "object", "additionalProperties": false, "required": ["resource"],
        "properties": {
          "apiGroup": {"type": "string"},
          "resource": {"type": "string", "minLength": 1},
          "matchContains": {"type": "array", "items": {"type": "string"}},
          "matchScopes": {
            "type": "array",
            "items": {
              "type": "object", "additionalProperties": false,
              "required": ["scopeName", "operator"],
              "properties": {
                "scopeName": {"type": "string", "enum": ["Terminating", "NotTerminating",
                  "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
                  "VolumeAttributesClass"]},
                "operator": {"type": "string",
                  "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                "values": {"type": "array", "items": {"type": "string"}}
              }
            }
          }
        }
      }
    }
  }
})";

class ResourceQuota final : public limen::Admission {
 public:
  ResourceQuota(limen::Host& host, limen::Node config)
      : host_(host), limited_(config), accounts_(host, limited_) {}

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!limen::resource_quota::is_counted(call)) return {};
    if (limited_.empty()) {
      bool any = false;
      const auto listed = host_.objects().list("", "resourcequotas", call.attributes().ns(), "",
                                               [&](const limen::Node&) {
                                                 any = true;
                                                 return false;
                                               });
      if (!listed.ok() || !any) return listed;
    }
    accounts_.take(call.defer());
    return {};
  }

  void stop() override { accounts_.stop(); }

 private:
  limen::Host& host_;
  const limen::resource_quota::Limited limited_;
  limen::resource_quota::Accounts accounts_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<ResourceQuota>(
    {.id = "resource-quota",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Holds a namespace to what its ResourceQuotas allow.",
     .config_schema = kSchema,
     .required = {LIMEN_OBJECTS, LIMEN_EXECUTOR},
     .operations = limen::kCreate | limen::kUpdate}))
